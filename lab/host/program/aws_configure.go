package program

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// awsConfigure asks for keys, region and output format.
func awsConfigure(ctx context.Context, a *awsRun, args []string) error {
	if len(args) > 0 {
		return awsFail(awsInvalid, "Unknown options: %s", strings.Join(args, ", "))
	}
	questions := []struct {
		key, text string
		secret    bool
	}{
		{"aws_access_key_id", "AWS Access Key ID", true},
		{"aws_secret_access_key", "AWS Secret Access Key", true},
		{"region", "Default region name", false},
		{"output", "Default output format", false},
	}
	in := bufio.NewReader(a.Stdin)
	var config, keys [][2]string
	for _, q := range questions {
		current := cmp.Or(a.files.credentials[q.key], a.files.config[q.key])
		shown := "None"
		if current != "" {
			shown = current
			if q.secret {
				shown = masked(current)
			}
		}
		answer, err := a.question(in, fmt.Sprintf("%s [%s]: ", q.text, shown))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return awsFail(awsGeneral, "EOF when reading a line")
		}
		if answer == "" || answer == current {
			continue
		}
		if q.secret {
			keys = append(keys, [2]string{q.key, answer})
		} else {
			config = append(config, [2]string{q.key, answer})
		}
	}
	return a.store(config, keys)
}

// question asks on the terminal, or reads a line of standard input.
func (a *awsRun) question(in *bufio.Reader, text string) (string, error) {
	if a.Prompt != nil {
		return a.Prompt(text, false)
	}
	fmt.Fprint(a.Stdout, text)
	line, err := in.ReadString('\n')
	if err == io.EOF && line != "" {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

// store writes settings to the config file and keys to the credentials file.
func (a *awsRun) store(config, keys [][2]string) error {
	if len(keys) > 0 {
		if err := a.files.write(a.files.keysName, a.files.profile, keys); err != nil {
			return awsFail(awsGeneral, "[Errno 13] %s: '%s'", why(err), a.files.keysName)
		}
	}
	if len(config) > 0 {
		if err := a.files.write(a.files.configName, a.files.configSection(), config); err != nil {
			return awsFail(awsGeneral, "[Errno 13] %s: '%s'", why(err), a.files.configName)
		}
	}
	return nil
}

// awsConfigureList shows what is configured and where it comes from.
func awsConfigureList(ctx context.Context, a *awsRun, args []string) error {
	if len(args) > 0 {
		return awsFail(awsInvalid, "Unknown options: %s", strings.Join(args, ", "))
	}
	row := func(name, value, kind, place string) {
		fmt.Fprintf(a.Stdout, "%-10s : %-24s : %-16s : %s\n", name, value, kind, place)
	}
	unset := func(name string) { row(name, "<not set>", "None", "None") }
	row("NAME", "VALUE", "TYPE", "LOCATION")
	switch {
	case a.profile != "":
		row("profile", a.profile, "manual", "--profile")
	case a.files.named:
		row("profile", a.files.profile, "env", "['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']")
	default:
		unset("profile")
	}
	c, err := a.findCredentials(ctx)
	if err != nil {
		return err
	}
	if c == nil {
		unset("access_key")
		unset("secret_key")
	} else {
		row("access_key", masked(c.AccessKeyID), c.method, "")
		row("secret_key", masked(c.SecretKey), c.method, "")
	}
	if r := a.configuredRegion(); r.region != "" {
		row("region", r.region, r.kind, r.place)
	} else if r, err := a.regionOf(ctx); err != nil {
		return err
	} else if r != "" {
		row("region", r, "imds", "")
	} else {
		unset("region")
	}
	return nil
}

// awsConfigureGet prints one value, with status 1 if there is none.
func awsConfigureGet(_ context.Context, a *awsRun, args []string) error {
	if len(args) == 0 {
		return awsMisuse("the following arguments are required: varname")
	}
	if len(args) > 1 {
		return awsFail(awsInvalid, "Unknown options: %s", strings.Join(args[1:], ", "))
	}
	if err := a.profiled(); err != nil {
		return err
	}
	files, key := a.files, strings.TrimPrefix(args[0], "default.")
	if rest, ok := strings.CutPrefix(key, "profile."); ok {
		if name, k, ok := strings.Cut(rest, "."); ok {
			files, key = readAWSFiles(a.Process, name), k
		}
	}
	value := cmp.Or(files.credentials[key], files.config[key])
	if value == "" {
		return &awsExit{1, ""}
	}
	fmt.Fprintln(a.Stdout, value)
	return nil
}

// awsConfigureSet writes one value; keys go to the credentials file.
func awsConfigureSet(_ context.Context, a *awsRun, args []string) error {
	switch {
	case len(args) == 0:
		return awsMisuse("the following arguments are required: varname, value")
	case len(args) == 1:
		return awsMisuse("the following arguments are required: value")
	case len(args) > 2:
		return awsFail(awsInvalid, "Unknown options: %s", strings.Join(args[2:], ", "))
	}
	key, value := strings.TrimPrefix(args[0], "default."), args[1]
	if rest, ok := strings.CutPrefix(key, "profile."); ok {
		if name, k, ok := strings.Cut(rest, "."); ok {
			a.files, key = readAWSFiles(a.Process, name), k
		}
	}
	entry := [][2]string{{key, value}}
	switch key {
	case "aws_access_key_id", "aws_secret_access_key", "aws_session_token":
		return a.store(nil, entry)
	}
	return a.store(entry, nil)
}

func awsConfigureProfiles(_ context.Context, a *awsRun, _ []string) error {
	for _, name := range a.files.names() {
		fmt.Fprintln(a.Stdout, name)
	}
	return nil
}

// makeDirs makes a directory and those above it, where the files know of
// directories at all.
func makeDirs(p *Process, dir string) {
	m, ok := p.Files.(interface {
		Mkdir(name string, perm fs.FileMode) error
	})
	if !ok || dir == "/" {
		return
	}
	if _, err := p.Files.Stat(dir); err == nil {
		return
	}
	makeDirs(p, path.Dir(dir))
	m.Mkdir(dir, 0o755)
}
