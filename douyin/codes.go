package douyin

import (
	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/transport"
)

// The codes of failures, found in edusdk.Error.Code. The product document has
// no table of them: they are the platform's general ones (抖音开放平台,
// OpenAPI 公共错误码).
const (
	CodeTokenInvalid        = "28001003" // access_token 无效
	CodeTokenInvalidMiniApp = "11016"    // access_token 不正确或已过期, of the mini-app platform
	CodeTokenInvalidOpen    = "2190008"  // access_token 过期, of the open platform
	CodeSystem              = "28001005" // 系统内部错误，请重试
	CodeNetwork             = "28001006" // 网络调用错误，请重试
	CodeParameter           = "28001007" // 参数不合法
	CodeTokenExpired        = "28001008" // access_token 过期
	CodeNoCapability        = "28001018" // 应用未获得该能力
	CodeCapabilityForbidden = "28001019" // 应用该能力已被封禁
	CodeQuota               = "28003017" // quota 已用完
	CodeRate                = "28003018" // 请求频率过高
)

// The codes of the token endpoints' failures.
const (
	CodeTokenSystem     = "-1"    // MiniAppTokenURL: 系统错误
	CodeTokenAppID      = "40015" // MiniAppTokenURL: appid 错误
	CodeTokenSecret     = "40017" // MiniAppTokenURL: secret 错误
	CodeTokenGrantType  = "40020" // MiniAppTokenURL: grant_type 错误
	CodeTokenParameter  = "10002" // OpenPlatformTokenURL: 参数错误
	CodeClientKey       = "10003" // OpenPlatformTokenURL: client_key 不存在
	CodeClientSecret    = "10013" // OpenPlatformTokenURL: client_key 或者 client_secret 报错
	CodeTooManyRequests = "10020" // OpenPlatformTokenURL: more than 500 calls in five minutes
)

// codes holds what is known of each code.
var codes = map[string]struct {
	kind   edusdk.Kind
	reason transport.Reason
}{
	CodeTokenInvalid:        {edusdk.ErrUnauthenticated, transport.TokenRejected},
	CodeTokenInvalidMiniApp: {edusdk.ErrUnauthenticated, transport.TokenRejected},
	CodeTokenInvalidOpen:    {edusdk.ErrUnauthenticated, transport.TokenRejected},
	CodeSystem:              {edusdk.ErrUnavailable, transport.Outage},
	CodeNetwork:             {edusdk.ErrUnavailable, transport.Outage},
	CodeParameter:           {edusdk.ErrInvalidArgument, transport.Business},
	CodeTokenExpired:        {edusdk.ErrUnauthenticated, transport.TokenRejected},
	CodeNoCapability:        {edusdk.ErrPermissionDenied, transport.Business},
	CodeCapabilityForbidden: {edusdk.ErrPermissionDenied, transport.Business},
	CodeQuota:               {edusdk.ErrResourceExhausted, transport.Business},
	CodeRate:                {edusdk.ErrResourceExhausted, transport.RateLimited},
	CodeTokenSystem:         {edusdk.ErrUnavailable, transport.Outage},
	CodeTokenAppID:          {edusdk.ErrUnauthenticated, transport.Business},
	CodeTokenSecret:         {edusdk.ErrUnauthenticated, transport.Business},
	CodeTokenGrantType:      {edusdk.ErrInvalidArgument, transport.Business},
	CodeTokenParameter:      {edusdk.ErrInvalidArgument, transport.Business},
	CodeClientKey:           {edusdk.ErrUnauthenticated, transport.Business},
	CodeClientSecret:        {edusdk.ErrUnauthenticated, transport.Business},
	CodeTooManyRequests:     {edusdk.ErrResourceExhausted, transport.Business},
}

// KindOfCode returns the kind of a code of the vendor's, ErrUnknown for one
// that is not known.
func KindOfCode(code string) edusdk.Kind { return codes[code].kind }

// rejection returns the failure that a code stands for.
func rejection(code, message, logID string) *transport.Rejection {
	known := codes[code]
	return &transport.Rejection{
		Kind: known.kind, Code: code, Message: message, RequestID: logID, Reason: known.reason,
	}
}
