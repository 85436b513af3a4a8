package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// vendor is whose platform a command calls.
type vendor struct {
	name     text
	settings []setting
}

// setting is something that is read from the environment or from a file, never from
// the command line: that is in the list of processes and in the shell's history.
type setting struct {
	key      string // name in the environment and in the file
	optional bool
	secret   bool   // is not shown while it is typed
	unless   string // the key of another setting in whose presence it is not needed
	about    text
}

// vendors are all vendors.
func vendors() []*vendor {
	return []*vendor{duobeiyunVendor, supervisionVendor, douyinVendor, zjyVendor, recordedVendor}
}

var duobeiyunVendor = &vendor{text{"多贝云", "Duobeiyun"}, []setting{
	{key: "DUOBEIYUN_PARTNER", about: text{"合作 id", "partner id"}},
	{key: "DUOBEIYUN_APPKEY", secret: true, about: text{"签名密钥", "app key"}},
	{key: "DUOBEIYUN_BASE_URL", optional: true},
}}

var supervisionVendor = &vendor{text{"监管平台", "the supervision platform"}, []setting{
	{key: "SUPERVISION_URL", about: text{"平台地址", "address of the platform"}},
	{key: "SUPERVISION_ACCOUNT", about: text{"账号", "account"}},
	{key: "SUPERVISION_PASSWORD", secret: true, about: text{"密码", "password"}},
}}

var douyinVendor = &vendor{text{"抖音", "Douyin"}, []setting{
	{key: "DOUYIN_APPID", about: text{"小程序 appid", "app id"}},
	{key: "DOUYIN_ACCESS_TOKEN", secret: true, optional: true},
	{key: "DOUYIN_SECRET", secret: true, unless: "DOUYIN_ACCESS_TOKEN", about: text{"小程序 secret", "app secret"}},
	{key: "DOUYIN_BASE_URL", optional: true},
	{key: "DOUYIN_TOKEN_URL", optional: true},
}}

var zjyVendor = &vendor{text{"职教云", "Zhijiaoyun"}, []setting{
	{key: "ZJY_AUTH", secret: true, about: text{"Cookie 中 auth 的值", "value of the cookie auth"}},
	{key: "ZJY_BASE_URL", optional: true},
}}

var recordedVendor = &vendor{text{"微同课", "the recorded courses"}, []setting{
	{key: "RECORDED_BASE_URL", about: text{"平台地址", "address of the platform"}},
	{key: "RECORDED_TOKEN", secret: true, about: text{"令牌（token）", "token"}},
}}

// keys are the names of a vendor's settings, those that may be absent too.
func (v *vendor) keys() (keys []string) {
	for _, s := range v.settings {
		keys = append(keys, s.key)
	}
	return keys
}

// read returns the settings of the command's vendor. All are of one source, so that
// one account's id does not meet another one's key: the environment if it has one of
// the credentials, or else the file, or else the keyboard. Addresses may come from
// the environment in any case.
func (s *session) read(ctx context.Context) (map[string]string, error) {
	v := s.command.vendor
	file, path, err := s.credentialsFile()
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	s.source = text{"环境变量", "the environment"}
	for _, key := range v.keys() {
		values[key] = s.env(key)
	}
	if !v.any(values) {
		for _, key := range v.keys() {
			if file[key] != "" {
				values[key] = file[key]
			}
		}
		if v.any(file) {
			s.source = text{path, path}
		}
	}
	if s.baseURL != "" { // is the address
		for _, name := range []string{"SUPERVISION_URL", "RECORDED_BASE_URL"} {
			values[name] = s.baseURL
		}
	}
	k := s.keyboard()
	var missing []string
	for _, setting := range v.settings {
		if setting.optional || values[setting.key] != "" || values[setting.unless] != "" {
			continue
		}
		if k == nil {
			missing = append(missing, setting.key)
			continue
		}
		if !v.any(values) {
			s.source = text{"键盘输入", "the keyboard"}
		}
		question := text{"%s的%s（%s）：", "%s, %s (%s): "}.with(v.name, setting.about, setting.key)
		answer, err := k.Ask(ctx, question.in(s.lang), setting.secret)
		if err != nil {
			return nil, err
		}
		values[setting.key] = strings.TrimSpace(answer)
	}
	if len(missing) > 0 {
		list := strings.Join(missing, ", ")
		return nil, &failure{
			what: text{"缺少凭证：" + list, "the credentials lack " + list}, exit: exitUsage,
			hint: text{
				"请在环境变量或文件 " + path + " 中设置（edusdk help credentials）。",
				"Set them in the environment, or in " + path + " (edusdk help credentials).",
			},
		}
	}
	return values, nil
}

// any reports whether values has one of the vendor's credentials.
func (v *vendor) any(values map[string]string) bool {
	return slices.ContainsFunc(v.settings, func(s setting) bool {
		return s.secret && values[s.key] != "" || !s.optional && !strings.HasSuffix(s.key, "URL") && values[s.key] != ""
	})
}

// credentialsFile reads the file of credentials: nil if it does not exist and -credentials
// did not name it.
func (s *session) credentialsFile() (values map[string]string, path string, err error) {
	if path = s.credentials; path == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil, "credentials", nil // nobody's home: there is only the environment
		}
		path = filepath.Join(dir, "edusdk", "credentials")
	}
	refused := func(why text) error {
		return &failure{what: text{path + "：" + why.ZH, path + ": " + why.EN}, exit: exitUsage, hint: text{
			"凭证文件必须属于您本人，且只有您能读取：chmod 600。", "It must be a file of yours that only you can read: chmod 600.",
		}}
	}
	info, err := os.Stat(path) //nolint:gosec // the user's own choice; before it is opened: to open a pipe would wait
	if errors.Is(err, fs.ErrNotExist) && s.credentials == "" {
		return nil, path, nil
	}
	if err != nil {
		return nil, path, refused(text{"无法读取", "cannot be read"})
	}
	if !info.Mode().IsRegular() {
		return nil, path, refused(text{"不是普通文件", "is not a regular file"})
	}
	f, err := os.Open(path) //nolint:gosec // the user's own choice
	if err != nil {
		return nil, path, refused(text{"无法读取", "cannot be read"})
	}
	defer func() { _ = f.Close() }() // it is only read
	if info, err = f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, path, refused(text{"不是普通文件", "is not a regular file"})
	}
	if why, ok := private(info); !ok {
		return nil, path, refused(why)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxCredentials+1))
	if err != nil || len(content) > maxCredentials {
		return nil, path, refused(text{"过大或无法读取", "is too large, or cannot be read"})
	}
	values, wrong := parseCredentials(content)
	if wrong != 0 {
		return nil, path, &failure{
			what: text{"%s：第 %d 行不是 KEY=VALUE，或 KEY 不是 edusdk 的凭证名", "%s: line %d is not KEY=VALUE with a key of edusdk"}.with(path, wrong),
			hint: text{"edusdk help credentials 列出凭证名。", "edusdk help credentials lists the keys."}, exit: exitUsage,
		}
	}
	return values, path, nil
}

// maxCredentials is the most bytes that a file of credentials has.
const maxCredentials = 64 << 10

// parseCredentials reads lines of KEY=VALUE; empty ones and those that begin with #
// are left out. It returns the number of the first line that is something else: not
// its text, which can be a secret.
func parseCredentials(content []byte) (values map[string]string, wrong int) {
	var known []string
	for _, v := range vendors() {
		known = append(known, v.keys()...)
	}
	values = map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff"))))
	lines.Buffer(nil, maxCredentials+1)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if key = strings.TrimSpace(key); !ok || !slices.Contains(known, key) {
			return nil, n
		}
		value = strings.TrimSpace(value)
		if q := len(value) - 1; q > 0 && value[0] == value[q] && (value[0] == '"' || value[0] == '\'') {
			value = value[1:q]
		}
		values[key] = value
	}
	return values, 0
}
