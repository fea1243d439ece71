package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What the command line cannot mean is refused in the learner's language, with
// what to write instead; cobra and pflag speak English only.

// misread says what is wrong with a flag.
func (o *options) misread(cmd *cobra.Command, err error) error {
	wrong := &o.say().Wrong
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var bad *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return fmt.Errorf(wrong.Flag, dashed(unknown.GetSpecifiedName()), cmd.CommandPath())
	case errors.As(err, &bare):
		return fmt.Errorf(wrong.NoValue, dashed(bare.GetSpecifiedName()), cmd.CommandPath())
	case errors.Is(err, errSeconds) && errors.As(err, &bad):
		return fmt.Errorf(wrong.Seconds, dashed(bad.GetFlag().Name), bad.GetValue())
	case errors.As(err, &bad) && bad.GetFlag().Name == "speed":
		return fmt.Errorf(wrong.Speed, bad.GetValue())
	case errors.As(err, &bad):
		return fmt.Errorf(wrong.Value, dashed(bad.GetFlag().Name), bad.GetValue(), cmd.CommandPath())
	}
	return err
}

// dashed is a flag as it is typed.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// takes holds a command to its number of arguments.
func (o *options) takes(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return fmt.Errorf(o.say().Wrong.Write, cmd.UseLine())
		}
		return nil
	}
}

// commands refuses a word that is no command below cmd.
func (o *options) commands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	wrong := &o.say().Wrong
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf(wrong.Near, args[0], strings.TrimPrefix(cmd.CommandPath()+" ", "gatewalk ")+near[0])
	}
	return fmt.Errorf(wrong.Command, args[0])
}

// offer completes what has few values.
func offer(values ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder)
}

// sessionNames completes the name of a session; a file may be meant as well.
func (o *options) sessionNames(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	_, all, err := o.sessions()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var named []string
	for _, r := range all {
		named = append(named, r.Name)
	}
	return named, cobra.ShellCompDirectiveDefault
}
