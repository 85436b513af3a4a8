package supervision

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
)

// DeviceType is the kind of device that a call is made for (设备类型).
type DeviceType string

// The kinds of devices (document: 通用请求参数headers说明).
const (
	TypePC      DeviceType = "TYPE_PC"
	TypeH5      DeviceType = "TYPE_H5"
	TypeAndroid DeviceType = "TYPE_ANDROID"
	TypeIOS     DeviceType = "TYPE_IOS"
)

// Device is the device that a call is made for: the student's device while a
// student is studying, otherwise the learning platform's own.
type Device struct {
	Type DeviceType // TypePC, TypeH5, TypeAndroid or TypeIOS
	// ID identifies the device (设备唯一标识): a UUID for TypePC, TypeH5 and TypeIOS,
	// and the MAC address for TypeAndroid, whose colons are not sent. See DeviceID
	// and MACDeviceID.
	ID string
}

// check returns what cannot be sent.
func (d Device) check(field string) error {
	var errs []error
	switch d.Type {
	case TypePC, TypeH5, TypeAndroid, TypeIOS:
	default:
		errs = append(errs, params.FieldError(field+".Type", "must be TypePC, TypeH5, TypeAndroid or TypeIOS"))
	}
	switch problem := params.Text(d.ID); {
	case problem != "":
		errs = append(errs, params.FieldError(field+".ID", problem+"; DeviceID makes one"))
	case d.Type == TypeAndroid && strings.Contains(d.ID, ":") && !macAddress.MatchString(d.ID):
		errs = append(errs, params.FieldError(field+".ID", `has colons and is not a MAC address such as "ac:de:48:00:11:22"`))
	}
	return params.Join(errs...)
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

// DeviceID returns a new random UUID, for a device that has no id yet. Store it:
// the platform tells devices apart by it.
func DeviceID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

var macAddress = regexp.MustCompile(`^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}$`)

// MACDeviceID returns a MAC address without its colons, as the id of an Android
// device: "ac:de:48:00:11:22" gives "acde48001122". Anything else is an error of
// kind ErrInvalidArgument.
func MACDeviceID(mac string) (string, error) {
	if !macAddress.MatchString(mac) {
		return "", &edusdk.Error{
			Vendor: vendor, Op: "MACDeviceID", Kind: edusdk.ErrInvalidArgument,
			Err: params.FieldError("mac", `must be a MAC address such as "ac:de:48:00:11:22"`),
		}
	}
	return withoutColons.Replace(mac), nil
}
