package supervision

import (
	"context"

	"github.com/edusdk/edusdk/internal/transport"
)

// StudentsService checks who students are and keeps their photos.
type StudentsService service

var (
	authenticate = declare(endpoint{op: "Students.Authenticate", path: "api/v1/authentication", class: transport.Read})
	updatePhoto  = declare(endpoint{op: "Students.UpdatePhoto", path: "api/v1/updateErcunPhotosUrl", class: transport.Upsert})
)

// Authenticate checks that an ID number and a name belong together (1.2
// 实名认证接口, POST api/v1/authentication). That they do not is an error with the
// platform's returnCode.
func (s *StudentsService) Authenticate(ctx context.Context, cardNo, name string) error {
	return done(ctx, (*service)(s), authenticate, &struct {
		onPlatform

		CardNo string `json:"cardNo" arg:"cardNo"`
		Name   string `json:"name" arg:"name"`
	}{CardNo: cardNo, Name: name})
}

// UpdatePhoto replaces a student's ID photo (二寸照) by the one at photoURL (1.11
// 修改学员二寸照接口, POST api/v1/updateErcunPhotosUrl).
func (s *StudentsService) UpdatePhoto(ctx context.Context, cardNo, photoURL string) error {
	return done(ctx, (*service)(s), updatePhoto, &struct {
		onPlatform

		CardNo   string     `json:"cardNo" arg:"cardNo"`
		PhotoURL webAddress `json:"ercunPhotoUrl" arg:"photoURL"`
	}{CardNo: cardNo, PhotoURL: webAddress(photoURL)})
}

// onPlatform is the part that data has of the learning platform's code, where
// the method does not ask for it.
type onPlatform struct {
	PlatformCode string `json:"studyPlatformCode,omitempty"`
}

func (p *onPlatform) platformCodes() []*string { return []*string{&p.PlatformCode} }
