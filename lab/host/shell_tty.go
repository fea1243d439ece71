package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// interact is the shell that somebody types at. It ends with exit, with Ctrl-D,
// or when the far end has gone.
func (s *shell) interact(ctx context.Context) int {
	s.typing = true
	// Ctrl-C is for what runs here, never for the shell itself and who started it.
	defer s.tty.onInterrupt(nil)()
	// What /etc/profile.d gives an interactive shell.
	_ = interp.Interactive(true)(s.runner)
	s.eval(ctx, "alias ll='ls -l --color=auto' l.='ls -d .* --color=auto' ls='ls --color=auto'", s.name)
	files := s.files()
	s.history = loadHistory(files, s.home())
	defer func() { s.history.save(files, s.home()) }()
	e := &editor{tty: s.tty, history: s.history, complete: s.complete}
	code := 0
	for ctx.Err() == nil {
		s.checkSize(ctx)
		text, file, err := s.readCommand(ctx, e)
		switch {
		case errors.Is(err, errInterrupted):
			code = s.setStatus(ctx, 130)
			continue
		case err != nil:
			if ctx.Err() == nil && !s.tty.gone() {
				s.farewell()
			}
			return code
		}
		s.history.add(text)
		var exited bool
		if code, exited = s.runLine(ctx, file); exited {
			s.farewell()
			return code
		}
	}
	return code
}

func (s *shell) farewell() {
	if s.login {
		io.WriteString(s.tty, "logout\n")
	} else {
		io.WriteString(s.tty, "exit\n")
	}
}

// readCommand reads lines until they make a whole command.
func (s *shell) readCommand(ctx context.Context, e *editor) (text string, file *syntax.File, err error) {
	prompt := s.prompt()
	for {
		line, err := e.readLine(ctx, prompt)
		if err != nil {
			if text != "" && errors.Is(err, io.EOF) {
				fmt.Fprintf(s.tty, "%s: syntax error: unexpected end of file\n", s.name)
				return "", &syntax.File{}, nil
			}
			return "", nil, err
		}
		text += line
		file, err := syntax.NewParser().Parse(strings.NewReader(text+"\n"), "")
		if err == nil {
			s.rewrite(file)
			return text, file, nil
		}
		if !syntax.IsIncomplete(err) {
			_, message := syntaxError(err)
			fmt.Fprintf(s.tty, "%s: %s\n", s.name, message)
			s.setStatus(ctx, 2)
			return text, &syntax.File{}, nil
		}
		text += "\n"
		prompt = "> "
	}
}

// runLine runs what was typed; Ctrl-C ends it, with status 130 where the program
// says no other.
func (s *shell) runLine(ctx context.Context, file *syntax.File) (code int, exited bool) {
	// A background job lives on in the line's context, so that is ended with
	// the session and not with the line.
	line, cancel := context.WithCancel(ctx)
	background := false
	syntax.Walk(file, func(n syntax.Node) bool {
		if st, ok := n.(*syntax.Stmt); ok && st.Background {
			background = true
		}
		return true
	})
	if !background {
		defer cancel()
	}
	restore := s.tty.onInterrupt(cancel)
	defer restore()
	s.caught.Store(nil)
	for _, st := range file.Stmts {
		code = s.run(line, st)
		if line.Err() != nil {
			s.tty.endLine()
			code = 130
			if own := s.caught.Load(); own != nil {
				code = *own
			}
			return s.setStatus(ctx, code), false
		}
		if s.runner.Exited() {
			return code, true
		}
	}
	return code, false
}

// checkSize tells the shell how large its terminal is, as bash does after each
// command; $? stays what it is.
func (s *shell) checkSize(ctx context.Context) {
	if cols, rows := s.tty.size(); cols > 0 && rows > 0 {
		s.eval(ctx, fmt.Sprintf("_=$?; COLUMNS=%d LINES=%d; %s $_", cols, rows, statusCommand), s.name)
	}
}

// setStatus makes $? what it says.
func (s *shell) setStatus(ctx context.Context, code int) int {
	s.run(ctx, call(statusCommand, fmt.Sprint(code)))
	return code
}

// prompt is Amazon Linux's: [user@host directory]$ .
func (s *shell) prompt() string {
	host, _, _ := strings.Cut(s.h.config.Hostname, ".")
	dir := slashed(s.runner.Dir)
	switch home := s.home(); {
	case dir == home:
		dir = "~"
	default:
		dir = path.Base(dir)
	}
	if s.root {
		return "[root@" + host + " " + dir + "]# "
	}
	return "[ec2-user@" + host + " " + dir + "]$ "
}

// builtinNames are those worth completing.
var builtinNames = [...]string{"alias", "cd", "echo", "exit", "export", "history", "ll", "logout", "printf", "pwd", "read", "source", "type", "unset"}

// complete is the editor's: commands for a first word, paths for others.
func (s *shell) complete(line string) (from int, words []string) {
	from = len(line)
	for from > 0 && !strings.ContainsRune(" \t;|&<>()=\"'", rune(line[from-1])) {
		from--
	}
	word := line[from:]
	before := strings.TrimRight(line[:from], " \t")
	first := before == "" || strings.ContainsRune(";|&(", rune(before[len(before)-1])) ||
		slices.Contains([]string{"sudo", "timeout", "which", "nohup", "time", "man"}, before[strings.LastIndexAny(before, " ;|&(")+1:])
	switch {
	case strings.HasPrefix(word, s3URL):
		return from, s.h.completeBucket(word)
	case first && !strings.Contains(word, "/"):
		return from, s.completeCommand(word)
	}
	return from, s.completePath(word)
}

func (s *shell) completeCommand(word string) (words []string) {
	for _, name := range builtinNames {
		words = append(words, name)
	}
	for dir := range strings.SplitSeq(defaultPath, ":") {
		entries, _ := s.files().ReadDir(dir)
		for _, e := range entries {
			words = append(words, e.Name())
		}
	}
	words = slices.DeleteFunc(words, func(w string) bool { return !strings.HasPrefix(w, word) })
	slices.Sort(words)
	words = slices.Compact(words)
	for i := range words {
		words[i] += " "
	}
	return words
}

func (s *shell) completePath(word string) (words []string) {
	dir, base := path.Split(word)
	at := dir
	switch {
	case strings.HasPrefix(at, "~/"):
		at = s.home() + at[1:]
	case !strings.HasPrefix(at, "/"):
		at = slashed(s.runner.Dir) + "/" + at
	}
	entries, _ := s.files().ReadDir(path.Clean(at))
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), base) || strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(base, ".") {
			continue
		}
		name := dir + e.Name()
		if e.IsDir() {
			words = append(words, name+"/")
		} else {
			words = append(words, name+" ")
		}
	}
	return words
}

const s3URL = "s3://"

// noteBuckets remembers the buckets that aws is asked about: the role of an
// instance may read one, and not list those there are.
func (h *Host) noteBuckets(args []string) {
	const most = 50
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range args {
		name, ok := strings.CutPrefix(a, s3URL)
		if name, _, _ = strings.Cut(name, "/"); ok && name != "" && !slices.Contains(h.buckets, s3URL+name) && len(h.buckets) < most {
			h.buckets = append(h.buckets, s3URL+name)
		}
	}
}

func (h *Host) completeBucket(word string) (words []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, b := range h.buckets {
		if strings.HasPrefix(b, word) {
			words = append(words, b+"/")
		}
	}
	slices.Sort(words)
	return words
}
