package supervision

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
)

// DeviceType is the kind of the device that a call is made for.
type DeviceType string

// The kinds of devices (document: 通用请求参数headers说明).
const (
	TypePC      DeviceType = "TYPE_PC"
	TypeH5      DeviceType = "TYPE_H5"
	TypeAndroid DeviceType = "TYPE_ANDROID"
	TypeIOS     DeviceType = "TYPE_IOS"
)

// Device is the device that a call is made for: the student's, where a student
// is studying, else the platform's own.
type Device struct {
	Type DeviceType
	// ID is a UUID for TypePC, TypeH5 and TypeIOS, and the MAC address without
	// its colons for TypeAndroid, which are left out where it has them: see DeviceID
	// and MACDeviceID.
	ID string
}

// check returns a *edusdk.FieldError for what cannot be sent.
func (d Device) check(field string) error {
	switch d.Type {
	case TypePC, TypeH5, TypeAndroid, TypeIOS:
	default:
		return params.FieldError(field+".Type", "must be TypePC, TypeH5, TypeAndroid or TypeIOS")
	}
	if problem := params.Text(d.ID); problem != "" {
		return params.FieldError(field+".ID", problem+"; DeviceID makes one")
	}
	if d.Type == TypeAndroid && strings.Contains(d.ID, ":") && !macAddress.MatchString(d.ID) {
		return params.FieldError(field+".ID", `has colons and is not a MAC address such as "ac:de:48:00:11:22"`)
	}
	return nil
}

// wireID returns the id as the document wants it: a MAC address without its colons
// (需去除冒号).
func (d Device) wireID() string {
	if d.Type == TypeAndroid && macAddress.MatchString(d.ID) {
		return withoutColons.Replace(d.ID)
	}
	return d.ID
}

var withoutColons = strings.NewReplacer(":", "", "-", "")

// DeviceID returns a new random UUID, for a device that has no id yet. Keep it:
// it is what the platform tells devices apart by.
func DeviceID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

var macAddress = regexp.MustCompile(`^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}$`)

// MACDeviceID returns a MAC address without its colons, as the id of an Android
// device: "ac:de:48:00:11:22" gives "acde48001122". What is no such address is an
// error of kind ErrInvalidArgument.
func MACDeviceID(mac string) (string, error) {
	if !macAddress.MatchString(mac) {
		return "", &edusdk.Error{
			Vendor: vendor, Op: "MACDeviceID", Kind: edusdk.ErrInvalidArgument,
			Err: params.FieldError("mac", `must be a MAC address such as "ac:de:48:00:11:22"`),
		}
	}
	return withoutColons.Replace(mac), nil
}
