package program

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// awsFiles are ~/.aws/config and ~/.aws/credentials as one profile sees them.
type awsFiles struct {
	process              *Process
	profile              string // "default" where none was named
	named                bool
	missing              bool // a named profile that is in neither file
	configName, keysName string
	shownConfig          string // as it is displayed
	config, credentials  map[string]string
}

func readAWSFiles(p *Process, profile string) *awsFiles {
	home := cmp.Or(p.Getenv("HOME"), home(p))
	at := func(variable, name string) string {
		if v := p.Getenv(variable); v != "" {
			if rest, ok := strings.CutPrefix(v, "~/"); ok {
				return path.Join(home, rest)
			}
			return abs(p, v)
		}
		return path.Join(home, ".aws", name)
	}
	f := &awsFiles{
		process: p, profile: cmp.Or(profile, "default"), named: profile != "",
		configName: at("AWS_CONFIG_FILE", "config"), keysName: at("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
		shownConfig: cmp.Or(p.Getenv("AWS_CONFIG_FILE"), "~/.aws/config"),
	}
	config, keys := parseINI(p.text(f.configName)), parseINI(p.text(f.keysName))
	f.config = config.section(f.configSection())
	if f.config == nil {
		f.config = config.section(f.profile) // the old form, without "profile"
	}
	f.credentials = keys.section(f.profile)
	f.missing = f.named && f.profile != "default" && f.config == nil && f.credentials == nil
	return f
}

// configSection is what the profile's section is called in the config file.
func (f *awsFiles) configSection() string {
	if f.profile == "default" {
		return "default"
	}
	return "profile " + f.profile
}

// names are all profiles, those of the config file first.
func (f *awsFiles) names() []string {
	var names []string
	for _, s := range parseINI(f.process.text(f.configName)) {
		name, ok := strings.CutPrefix(s.name, "profile ")
		if ok || s.name == "default" {
			names = append(names, strings.Trim(strings.TrimSpace(name), `"'`))
		}
	}
	for _, s := range parseINI(f.process.text(f.keysName)) {
		if !slices.Contains(names, s.name) {
			names = append(names, s.name)
		}
	}
	return names
}

// write changes one value in a file and leaves the rest as it is. The file and
// its directory are made where they are missing, for their owner only.
func (f *awsFiles) write(name, section string, values [][2]string) error {
	text := f.process.text(name)
	for _, v := range values {
		text = setINI(text, section, v[0], v[1])
	}
	makeDirs(f.process, path.Dir(name))
	return f.process.Files.WriteFile(name, []byte(text), 0o600)
}

// iniSection is one [section] of a file.
type iniSection struct {
	name   string
	values map[string]string
}

type ini []iniSection

// parseINI reads what Python's configparser would, but passes over what it
// would not. Indented lines belong to the value before and are of no use here.
func parseINI(text string) ini {
	var all ini
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' || line[0] == ' ' || line[0] == '\t':
		case trimmed[0] == '[' && strings.HasSuffix(trimmed, "]"):
			name := strings.TrimSpace(trimmed[1 : len(trimmed)-1])
			all = append(all, iniSection{name, map[string]string{}})
		default:
			key, value, ok := strings.Cut(trimmed, "=")
			if ok && len(all) > 0 {
				all[len(all)-1].values[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
			}
		}
	}
	return all
}

func (i ini) section(name string) map[string]string {
	for _, s := range i {
		if s.name == name || strings.ReplaceAll(s.name, `"`, "") == name {
			return s.values
		}
	}
	return nil
}

// setINI changes or adds one value of one section and returns the new text.
func setINI(text, section, key, value string) string {
	lines := strings.SplitAfter(text, "\n")
	if n := len(lines); lines[n-1] == "" {
		lines = lines[:n-1]
	} else {
		lines[n-1] += "\n"
	}
	entry := key + " = " + value + "\n"
	begin := slices.IndexFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "["+section+"]" })
	if begin < 0 {
		return strings.Join(append(lines, "["+section+"]\n", entry), "")
	}
	last := begin
	for i := begin + 1; i < len(lines); i++ {
		trimmed := strings.TrimSpace(lines[i])
		if strings.HasPrefix(trimmed, "[") {
			break
		}
		if trimmed != "" {
			last = i
		}
		name, _, ok := strings.Cut(trimmed, "=")
		if ok && strings.TrimSpace(name) == key && lines[i][0] != ' ' && lines[i][0] != '\t' {
			lines[i] = entry
			return strings.Join(lines, "")
		}
	}
	return strings.Join(slices.Insert(lines, last+1, entry), "")
}
