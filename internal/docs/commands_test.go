package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const modulePath = "github.com/edusdk/edusdk"

// otherCommands are those that commands of the documentation may begin with, besides
// go and paths.
var otherCommands = []string{"git", "bash", "curl", "sudo", "test", "edusdk"}

// wrongCommands says what a block of shell names that does not exist.
func wrongCommands(text string) (wrong []string) {
	dir := root
	for _, line := range strings.Split(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		line, _, _ = strings.Cut(line, " #")
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, command := range strings.Split(line, "&&") {
			words := shellWords(command)
			for len(words) > 0 && regexp.MustCompile(`^[A-Za-z_]\w*=`).MatchString(words[0]) {
				words = words[1:]
			}
			if len(words) == 0 {
				continue
			}
			if words[0] == "cd" && len(words) == 2 {
				if words[1] == "edusdk" { // a fresh clone
					continue
				}
				dir = filepath.Join(dir, words[1])
				if !isFolder(dir) {
					return append(wrong, command+": no folder "+words[1])
				}
				continue
			}
			if problem := wrongCommand(dir, words); problem != "" {
				wrong = append(wrong, strings.TrimSpace(command)+": "+problem)
			}
		}
	}
	return wrong
}

func wrongCommand(dir string, words []string) string {
	switch command := words[0]; {
	case command == "go":
		return wrongGo(dir, words[1:])
	case strings.HasPrefix(command, ".") || strings.Contains(command, "/"):
		info, err := os.Stat(filepath.Join(dir, command))
		if err != nil || info.Mode()&0o100 == 0 {
			return "no program " + command
		}
		if len(words) > 1 && words[1] == "go" {
			return wrongGo(dir, words[2:])
		}
	case !slices.Contains(otherCommands, command):
		return command + " is not a command that the documentation may use"
	case command == "bash" && len(words) > 1:
		if _, err := os.Stat(filepath.Join(dir, words[1])); err != nil {
			return "no file " + words[1]
		}
	}
	return ""
}

// wrongGo looks at the packages and the names of tests that a go command names.
func wrongGo(dir string, words []string) string {
	if len(words) > 1 && words[0] == "-C" {
		if dir = filepath.Join(dir, words[1]); !isFolder(dir) {
			return "no folder " + words[1]
		}
		words = words[2:]
	}
	if len(words) == 0 {
		return "go what?"
	}
	known := []string{"run", "test", "vet", "build", "doc", "get", "install", "mod", "work", "env", "version", "help"}
	if !slices.Contains(known, words[0]) {
		return "go has no " + words[0]
	}
	var folders []string
	for _, w := range words[1:] {
		own := w == modulePath || strings.HasPrefix(w, modulePath+"/")
		if !own && !strings.HasPrefix(w, ".") {
			continue
		}
		folder, all := strings.CutSuffix(w, "/...")
		if own {
			folder, _, _ = strings.Cut(folder, "@")
			folder = filepath.Join(root, strings.TrimPrefix(folder, modulePath))
		} else {
			folder = filepath.Join(dir, folder)
		}
		matches, _ := filepath.Glob(folder)
		if !slices.ContainsFunc(matches, isFolder) {
			return "no package " + w
		}
		if all {
			_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, _ error) error {
				if d != nil && d.IsDir() {
					folders = append(folders, path)
				}
				return nil
			})
		} else {
			folders = append(folders, folder)
		}
	}
	if len(folders) == 0 {
		folders = []string{dir}
	}
	for i, w := range words[:len(words)-1] {
		name := words[i+1]
		if words[0] != "test" || w != "-run" && w != "-fuzz" && w != "-bench" || name == "^$" || name == "." {
			continue
		}
		name, _, _ = strings.Cut(name, "/")
		pattern, err := regexp.Compile(name)
		if err != nil {
			return err.Error()
		}
		if !slices.ContainsFunc(folders, func(folder string) bool { return hasTest(folder, pattern) }) {
			return fmt.Sprintf("no test called %s in %d packages", name, len(folders))
		}
	}
	return ""
}

var testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Example|Fuzz|Benchmark)\w*)\(`)

func hasTest(folder string, pattern *regexp.Regexp) bool {
	files, _ := filepath.Glob(filepath.Join(folder, "*_test.go"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, m := range testFunction.FindAllSubmatch(text, -1) {
			if pattern.Match(m[1]) {
				return true
			}
		}
	}
	return false
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// workflowCommands are the commands of a workflow file for CI.
func workflowCommands(text string) (commands []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if command, ok := strings.CutPrefix(strings.TrimPrefix(line, "- "), "run: "); ok && command != "|" {
			commands = append(commands, command)
		}
	}
	return commands
}

// shellWords splits a command at spaces outside of quotes, which it takes off.
func shellWords(command string) (words []string) {
	var word strings.Builder
	var quoted rune
	inWord := false
	for _, r := range command {
		switch {
		case quoted != 0 && r == quoted:
			quoted = 0
		case quoted == 0 && (r == '\'' || r == '"'):
			quoted, inWord = r, true
		case quoted == 0 && (r == ' ' || r == '\t'):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
