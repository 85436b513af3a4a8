// Package catalog lists the vendors: a line or two for each in the one place that
// names them all.
package catalog

import (
	"fmt"
	"log/slog"
	"net/http"

	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/recorded/recordedtest"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

// Vendor is a vendor's package and its fake.
type Vendor struct {
	// Name is that of the package: its fake is the package of that name with test
	// behind it, in a folder of it.
	Name string
	// Fake returns a new fake.
	Fake func() Fake
	// Notes tell the credentials that the fake knows, and what it has.
	Notes []string
	// Command is a line for a shell that shows the fake at work; BASE stands for its
	// address, and ROOT for that of all fakes.
	Command string
	// Answer is a part of what Command prints.
	Answer string
}

// Fake is a vendor's fake.
type Fake interface {
	http.Handler
	SetLogger(logger *slog.Logger)
}

// Vendors are all vendors.
var Vendors = []Vendor{
	{
		Name: "duobeiyun", Fake: fake(duobeiyuntest.NewHandler),
		Notes: []string{
			"partner " + duobeiyuntest.Partner + ", app key " + duobeiyuntest.AppKey, "signatures at /sign",
		},
		Command: `curl BASE/api/v3/merchant -d "$(curl -s ROOT/sign)"`,
		Answer:  `"success":true`,
	},
	{
		Name: "supervision", Fake: fake(supervisiontest.NewHandler),
		Notes: []string{
			"account " + supervisiontest.AccountName + ", password " + supervisiontest.Password,
			"platform code " + supervisiontest.PlatformCode,
		},
		Command: "curl BASE/api/v1/thlogin -H 'Content-Type: application/json' -d '" +
			`{"headers":{"deviceType":"TYPE_PC","timestamp":"'$(date +%s)'","deviceId":"` + supervisiontest.DeviceID + `"},` +
			`"data":{"studyPlatformAcount":"` + supervisiontest.AccountName + `","passWord":"` + supervisiontest.Password + `"}}'`,
		Answer: `"acceptToken":"fake-supervision-token-`,
	},
	{
		Name: "douyin", Fake: fake(douyintest.NewHandler),
		Notes: []string{
			"appid " + douyintest.AppID, "secret " + douyintest.Secret,
			"tokens at /douyin/" + douyintest.MiniAppTokenPath + " and /douyin/" + douyintest.OpenPlatformTokenPath,
			fmt.Sprintf("products %d, %d, %d", douyintest.OnShelfID, douyintest.ReviewingID, douyintest.ChangedID),
		},
		Command: "curl BASE/" + douyintest.MiniAppTokenPath + " -H 'Content-Type: application/json' -d '" +
			`{"appid":"` + douyintest.AppID + `","secret":"` + douyintest.Secret + `","grant_type":"client_credential"}'`,
		Answer: `"access_token":"fake-douyin-token-`,
	},
	{
		Name: "zjy", Fake: fake(zjytest.NewHandler),
		Notes: []string{"cookie auth=" + zjytest.Auth, "course " + zjytest.CourseOpenID + ", class " + zjytest.OpenClassID},
		Command: "curl BASE/api/study/process/getProcessList -b auth=" + zjytest.Auth + " -d courseOpenId=" + zjytest.CourseOpenID +
			" -d openClassId=" + zjytest.OpenClassID,
		Answer: `"openCourseCellCount":30`,
	},
	{
		Name: "recorded", Fake: fake(recordedtest.NewHandler),
		Notes:   []string{"header token: " + recordedtest.Token, "sections 1, 2, 3"},
		Command: "curl BASE/" + recordedtest.Path + " -H 'token: " + recordedtest.Token + "' -d new_section_id=2 -d yet_section_id=1",
		Answer:  `"plan":"0.00%"`,
	},
}

// fake returns a fake's constructor as one of a Fake.
func fake[H Fake](newHandler func() H) func() Fake {
	return func() Fake { return newHandler() }
}
