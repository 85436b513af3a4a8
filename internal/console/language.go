package console

import (
	"fmt"
	"os"
	"strings"
)

// Language is one that the programs speak.
type Language string

// The languages.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// ParseLanguage reads the value of a flag: zh or en, or a locale such as zh_CN.UTF-8.
func ParseLanguage(s string) (Language, error) {
	tag, _, _ := strings.Cut(strings.ToLower(s), ".")
	tag, _, _ = strings.Cut(strings.ReplaceAll(tag, "-", "_"), "_")
	switch l := Language(tag); l {
	case Chinese, English:
		return l, nil
	}
	return "", fmt.Errorf("no language %q: zh or en / 没有语言 %[1]q：请用 zh 或 en", s)
}

// DefaultLanguage returns the language of the environment: Chinese if the first of
// LC_ALL, LC_MESSAGES and LANG that is set is a Chinese locale, else English. Where
// none is set, as on Windows, it is that of the system. A nil getenv is os.Getenv.
func DefaultLanguage(getenv func(string) string) Language {
	system := ""
	if getenv == nil {
		getenv, system = os.Getenv, systemLocale()
	}
	for _, locale := range []string{getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"), system} {
		if locale == "" {
			continue
		}
		if l, err := ParseLanguage(locale); err == nil {
			return l
		}
		return English
	}
	return English
}

// Text returns the text in the language.
func (l Language) Text(zh, en string) string {
	if l == Chinese {
		return zh
	}
	return en
}

// Text is what is said in both languages, for tables of texts.
type Text struct{ ZH, EN string }

// In returns the text in a language.
func (t Text) In(l Language) string { return l.Text(t.ZH, t.EN) }
