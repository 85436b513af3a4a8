package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// completeCommand is what the shells' scripts call, with the words typed so far, the
// last one unfinished. It prints what that one can be; nothing stands for files.
const completeCommand = "__complete"

// completionScripts are those of the shells.
var completionScripts = map[string]string{
	"bash": `# completion of edusdk for bash
_edusdk() {
	local IFS=$'\n'
	COMPREPLY=($(edusdk __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _edusdk edusdk
`,
	"zsh": `#compdef edusdk
# completion of edusdk for zsh
_edusdk() {
	local -a words_known
	words_known=("${(@f)$(edusdk __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
	if [[ -n "${words_known[*]}" ]]; then compadd -a words_known; else _files; fi
}
compdef _edusdk edusdk
`,
	"fish": `# completion of edusdk for fish
function __edusdk_complete
	set -l known (edusdk __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
	if test (count $known) -gt 0
		printf '%s\n' $known
	else
		__fish_complete_path (commandline -ct)
	end
end
complete -c edusdk -f -a '(__edusdk_complete)'
`,
}

// complete prints what the last of words can be.
func (s *session) complete(words []string) int {
	for _, candidate := range s.candidates(words) {
		_, _ = fmt.Fprintln(s.stdout, candidate)
	}
	return exitOK
}

// candidates returns what the last of words can be.
func (s *session) candidates(words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	before, last := words[:len(words)-1], words[len(words)-1]
	all := commands()
	c, rest, err := find(all, append(slices.Clone(before), ""))
	if err != nil || len(before) == 0 { // no command yet
		return s.names(all, before, last)
	}
	f := newFlags(s.lang)
	s.declare(c, f)
	if name, isFlag := strings.CutPrefix(rest[max(0, len(rest)-2)], "-"); isFlag && len(rest) > 1 && f.takesValue(name) {
		return starting(f.values[name], last)
	}
	if strings.HasPrefix(last, "-") {
		var flags []string
		for _, name := range f.order {
			flags = append(flags, "-"+name)
		}
		return starting(flags, last)
	}
	switch c.name {
	case "help":
		return append(s.names(all, before[1:], last), starting(slices.Sorted(maps.Keys(s.topics())), last)...)
	case "completion":
		return starting(slices.Sorted(maps.Keys(completionScripts)), last)
	}
	return nil
}

// names returns the words with which a command can begin, or go on after before.
func (s *session) names(all []*command, before []string, last string) (names []string) {
	for _, c := range all {
		words := strings.Fields(c.name)
		if len(before) < len(words) && slices.Equal(before, words[:len(before)]) && !slices.Contains(names, words[len(before)]) {
			names = append(names, words[len(before)])
		}
	}
	return starting(names, last)
}

// takesValue reports whether a flag has a value, which is the next word.
func (f *flags) takesValue(name string) bool {
	fl := f.Lookup(strings.TrimPrefix(name, "-"))
	if fl == nil {
		return false
	}
	isSwitch, ok := fl.Value.(interface{ IsBoolFlag() bool })
	return !ok || !isSwitch.IsBoolFlag()
}

// starting returns the words that begin with a text.
func starting(words []string, with string) (list []string) {
	for _, word := range words {
		if strings.HasPrefix(word, with) {
			list = append(list, word)
		}
	}
	return list
}
