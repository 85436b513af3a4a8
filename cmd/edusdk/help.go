package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/edusdk/edusdk/internal/console"
)

func helpCommands() []*command {
	return []*command{
		{
			name: "completion", args: "SHELL", about: text{"输出补全脚本：bash、zsh 或 fish", "print the completion of a shell: bash, zsh or fish"},
			notes: text{
				"bash：source <(edusdk completion bash)，写入 ~/.bashrc\nzsh：source <(edusdk completion zsh)，写入 ~/.zshrc，在 compinit 之后\nfish：edusdk completion fish > ~/.config/fish/completions/edusdk.fish",
				"bash: source <(edusdk completion bash), in ~/.bashrc\nzsh:  source <(edusdk completion zsh), in ~/.zshrc, after compinit\nfish: edusdk completion fish > ~/.config/fish/completions/edusdk.fish",
			},
			examples: []string{"completion bash"},
			setup: plain(func(_ context.Context, s *session, args []string) (*result, error) {
				script, ok := completionScripts[args[0]]
				if !ok {
					return nil, s.command.misused(text{"支持的 shell：bash、zsh、fish", "the shells are bash, zsh and fish"})
				}
				return &result{value: map[string]string{"shell": args[0], "script": script}, raw: script}, nil
			}),
		},
		{
			name: "version", about: text{"显示版本", "tell the version"}, examples: []string{"version"},
			setup: plain(func(context.Context, *session, []string) (*result, error) {
				version := "(devel)"
				if info, ok := debug.ReadBuildInfo(); ok {
					version = cmp.Or(info.Main.Version, version)
				}
				return &result{
					value: map[string]string{"version": version, "go": runtime.Version()},
					raw:   "edusdk " + version + " " + runtime.Version() + "\n",
				}, nil
			}),
		},
		{
			name: "help", args: "[COMMAND...]", about: text{"说明一个命令、一组命令或一个主题", "explain a command, a group of commands or a topic"},
			examples: []string{"help", "help rooms", "help rooms create", "help credentials"},
			setup: plain(func(_ context.Context, s *session, args []string) (*result, error) {
				return s.help(commands(), args)
			}),
		},
	}
}

// topics are what help explains besides commands.
func (s *session) topics() map[string]text {
	return map[string]text{
		"credentials": s.aboutCredentials(),
		"exit-codes":  exitCodes,
		"json":        aboutJSON,
	}
}

var exitCodes = text{`  0    成功
  1    失败
  2    用法错误：命令、参数或凭证有误，没有发出请求
  3    操作可能已经生效，但没有得到答复（如创建教室、上传课件）：
       提示中说明如何查询，确认之前不要重试
  130  被 ctrl-C 中断；如果操作可能已经生效，提示中会说明如何查询`, `  0    success
  1    failure
  2    the command line or the credentials are wrong: nothing was sent
  3    it may have been done, but no answer came (when creating a room, or
       uploading a document, say): the hint says how to look; do so before
       you repeat it
  130  interrupted by ctrl-C; if it may have been done, the hint says how to look`}

var aboutJSON = text{`每个命令都支持 -o json。成功时标准输出是一个 JSON 值；失败时标准错误的最后一行是

  {"error": {"command", "message", "hint", "kind", "maybeApplied", "exit",
             "detail"}}

标准输出则为空，或是已经完成的部分（如已上传但尚未转换的课件）。不显示进度条和提示。时间带时区，时长的单位与平台文档一致。fake 每个请求输出一行 JSON。`, `Every command takes -o json. When it succeeds, stdout is one JSON value. When it fails, the last line of stderr is

  {"error": {"command", "message", "hint", "kind", "maybeApplied", "exit",
             "detail"}}

and stdout is empty, or has what was done so far (such as a document that is uploaded but not converted). There are no bars and no notes. Times have their zone, and durations the units of the platforms' documents. fake prints a line for each request.`}

// aboutCredentials is the topic credentials.
func (s *session) aboutCredentials() text {
	_, path, _ := s.credentialsFile()
	path = shortHome(path)
	var keys strings.Builder
	for _, v := range vendors() {
		fmt.Fprintf(&keys, "  %s\n", strings.Join(v.keys(), " "))
	}
	return text{
		"凭证从环境变量读取；环境变量中没有时，从文件读取（-credentials，默认 " + path + "），每行 KEY=VALUE，权限须为 0600（chmod 600）；文件中也没有时，在终端中询问，不回显。\n" +
			"凭证不能写在命令行里：命令行会出现在进程列表和 shell 历史中。\n\n" + keys.String() +
			"\n同一平台的账号与密钥只从一处读取，不会混用。*_BASE_URL 和 *_TOKEN_URL 可省略（RECORDED_BASE_URL 除外）。有 DOUYIN_ACCESS_TOKEN 时不需要 DOUYIN_SECRET。",
		"Credentials are read from the environment; if that has none, from a file (-credentials, or else " + path + ") of lines KEY=VALUE, of mode 0600 (chmod 600); if that has none, they are asked for on the terminal, unseen.\n" +
			"They are never given on the command line, which is in the list of processes and in the shell's history.\n\n" + keys.String() +
			"\nA platform's account and key come from one source and are not mixed. *_BASE_URL and *_TOKEN_URL may be absent (but for RECORDED_BASE_URL), and so may DOUYIN_SECRET if DOUYIN_ACCESS_TOKEN is given.",
	}
}

// shortHome writes the user's folder as ~.
func shortHome(path string) string {
	home, err := os.UserHomeDir()
	if rest, ok := strings.CutPrefix(path, home+string(filepath.Separator)); err == nil && ok {
		return "~" + string(filepath.Separator) + rest
	}
	return path
}

// help explains what args name.
func (s *session) help(all []*command, args []string) (*result, error) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return s.overview(all), nil
	}
	if topic, ok := s.topics()[args[0]]; ok && len(args) == 1 {
		return &result{value: map[string]string{"topic": args[0], "text": topic.in(s.lang)}, raw: wrapped(topic.in(s.lang), screen)}, nil
	}
	c, rest, err := find(all, args)
	if members := group(all, args[0]); err != nil && len(args) == 1 && members != nil {
		return s.members(members), nil
	}
	if err == nil && len(rest) > 0 {
		err = s.command.misused(text{"没有命令 %s", "there is no command %s"}.with(strings.Join(args, " ")))
	}
	if err != nil {
		return nil, err
	}
	return s.explainCommand(c), nil
}

// entry is a command in the JSON of help.
type entry struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

// overview is the help about everything.
func (s *session) overview(all []*command) *result {
	var b strings.Builder
	var entries []entry
	b.WriteString(text{"edusdk：教育平台接口的命令行工具，供客服与运维使用\n\n用法：edusdk 命令 [参数]\n\n", "edusdk calls the platforms of education vendors, for support and operations.\n\nUsage: edusdk COMMAND [flags] [arguments]\n\n"}.in(s.lang))
	var seen []string
	for _, c := range all {
		entries = append(entries, entry{c.name, c.about.in(s.lang)})
		first, _, grouped := strings.Cut(c.name, " ")
		if slices.Contains(seen, first) {
			continue
		}
		seen = append(seen, first)
		about := c.about.in(s.lang)
		if grouped {
			var names []string
			for _, m := range group(all, first) {
				names = append(names, strings.TrimPrefix(m.name, first+" "))
			}
			about = strings.Join(names, " ")
		}
		fmt.Fprintf(&b, "  %-12s %s\n", first, about)
	}
	b.WriteString(text{"\nedusdk help 命令 说明一个命令；主题：help credentials、exit-codes、json。\n", "\nedusdk help COMMAND explains one; topics: help credentials, exit-codes, json.\n"}.in(s.lang))
	return &result{value: entries, raw: b.String()}
}

// members is the help about a group.
func (s *session) members(members []*command) *result {
	r := &result{}
	var b strings.Builder
	var entries []entry
	widest := 0
	for _, c := range members {
		widest = max(widest, len(c.name))
	}
	for _, c := range members {
		entries = append(entries, entry{c.name, c.about.in(s.lang)})
		fmt.Fprintf(&b, "  edusdk %-*s  %s\n", widest, c.name, c.about.in(s.lang))
	}
	fmt.Fprintf(&b, "\n%s\n", text{"edusdk help %s 说明其中一个，例如。", "edusdk help %s explains one of them, say."}.with(members[0].name).in(s.lang))
	r.value, r.raw = entries, b.String()
	return r
}

// explainCommand is the help about a command: a screen at most.
func (s *session) explainCommand(c *command) *result {
	f := newFlags(s.lang)
	s.declare(c, f)
	var b strings.Builder
	fmt.Fprintf(&b, "edusdk %s%s%s\n\n%s", c.name, s.lang.Text("：", ": "), c.about.in(s.lang), s.lang.Text("用法：", "Usage: "))
	usage := strings.TrimSpace("edusdk " + c.name + " " + c.args)
	for _, name := range f.required {
		usage += " " + f.shown(name)
	}
	fmt.Fprintf(&b, "%s%s\n", usage, s.lang.Text(" [参数]", " [flags]"))
	if c.notes.EN != "" {
		b.WriteString("\n" + wrapped(c.notes.in(s.lang), screen))
	}
	b.WriteString("\n")
	widest := 0
	for _, name := range f.order[:f.own] {
		widest = max(widest, console.Cells(f.shown(name)))
	}
	for _, name := range f.order[:f.own] {
		_, about := flag.UnquoteUsage(f.Lookup(name))
		if values := f.values[name]; values != nil {
			about += s.lang.Text("：", ": ") + strings.Join(values, "|")
		}
		if value := f.Lookup(name).DefValue; !slices.Contains([]string{"", "false", "0", "0s"}, value) {
			value = strings.TrimSuffix(strings.TrimSuffix(value, "0s"), "0m") // 1h0m0s
			about += s.lang.Text("，默认 ", "; default ") + value
		}
		fmt.Fprintf(&b, "  %s%s  %s\n", f.shown(name), strings.Repeat(" ", widest-console.Cells(f.shown(name))), about)
	}
	var common []string
	for _, name := range f.order[f.own:] {
		if values := f.values[name]; values != nil {
			common = append(common, "-"+name+" "+strings.Join(values, "|"))
		} else {
			common = append(common, f.shown(name))
		}
	}
	b.WriteString(wrapped("  "+strings.Join(common, " "), screen))
	if c.vendor != nil {
		b.WriteString("\n" + wrapped(text{"凭证：", "Credentials: "}.in(s.lang)+strings.Join(c.vendor.keys(), " "), screen))
	}
	fmt.Fprintf(&b, "\n%s\n", text{"示例：", "Examples:"}.in(s.lang))
	for _, example := range c.examples {
		fmt.Fprintf(&b, "  edusdk %s\n", example)
	}
	return &result{value: map[string]any{"name": c.name, "about": c.about.in(s.lang), "help": b.String()}, raw: b.String()}
}

// shown is a flag as help shows it.
func (f *flags) shown(name string) string {
	value, _ := flag.UnquoteUsage(f.Lookup(name))
	if f.values[name] != nil {
		value = name
	}
	return strings.TrimSpace("-" + name + " " + strings.ToUpper(value))
}

// screen is how wide a terminal is at least.
const screen = 80

// wrapped breaks lines that are longer than some columns.
func wrapped(paragraphs string, columns int) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSuffix(paragraphs, "\n") + "\n") {
		margin := line[:len(line)-len(strings.TrimLeft(line, " "))]
		for line = strings.TrimSuffix(line, "\n"); console.Cells(line) > columns; {
			end, cells := 0, 0 // of the last place at which it can be broken
			var last rune
			for i, r := range line {
				if i > 0 && last != ' ' && (r == ' ' || r >= 0x2e80 && !strings.ContainsRune("，。；：、）？！”", r) && last != '（' && last != '“') {
					end = i
				}
				if cells += console.Cells(string(r)); cells > columns {
					break
				}
				last = r
			}
			if end == 0 {
				break // a long word
			}
			b.WriteString(line[:end] + "\n")
			line = margin + strings.TrimPrefix(line[end:], " ")
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
