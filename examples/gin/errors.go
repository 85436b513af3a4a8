package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/edusdk/edusdk"
)

// fail ends a request with an error, which answerErrors answers.
func fail(c *gin.Context, err error) {
	_ = c.Error(err)
	c.Abort()
}

// badInput is the error for what a user has sent.
func badInput(field, problem string) error {
	return fmt.Errorf("%w: %w", edusdk.ErrInvalidArgument, &edusdk.FieldError{Field: field, Problem: problem})
}

// answerErrors answers requests that have failed: with a status, the kind of the failure, a
// sentence for users, and the fields that are wrong. An error's own text goes into the log
// and not to the user: it can hold the vendor's words.
func answerErrors(logger *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Next()
		last := c.Errors.Last()
		if last == nil || c.Writer.Written() {
			return
		}
		err := last.Err
		status := edusdk.HTTPStatus(err)
		if status >= http.StatusInternalServerError {
			logger.ErrorContext(c.Request.Context(), "request failed", "route", c.FullPath(), "err", err)
		}
		var e *edusdk.Error
		if errors.As(err, &e) && e.RetryAfter > 0 {
			c.Header("Retry-After", strconv.Itoa(int(e.RetryAfter.Round(time.Second).Seconds())))
		}
		language := edusdk.Chinese
		if strings.HasPrefix(c.GetHeader("Accept-Language"), "en") {
			language = edusdk.English
		}
		answer := gin.H{"error": edusdk.KindOf(err).String(), "message": edusdk.Describe(err, language)}
		if wrong := fields(err); len(wrong) > 0 {
			answer["fields"] = wrong
		}
		c.JSON(status, answer)
	}
}

// fields returns what is wrong with which fields, under their names in JSON. The SDK names
// all of them at once, and its problems hold no value.
func fields(err error) map[string]string {
	found := map[string]string{}
	for _, f := range edusdk.FieldErrors(err) {
		first, size := utf8.DecodeRuneInString(f.Field)
		found[string(unicode.ToLower(first))+f.Field[size:]] = f.Problem
	}
	return found
}

// recovery answers a request whose handler panicked. The panic's value, which can hold
// anything, is not logged.
func recovery(logger *slog.Logger) gin.HandlerFunc {
	return gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) {
		logger.ErrorContext(c.Request.Context(), "panic", "route", c.FullPath(), "stack", string(debug.Stack()))
		c.AbortWithStatusJSON(http.StatusInternalServerError, gin.H{"error": edusdk.ErrUnknown.String()})
	})
}

// requestLog writes a line for each request, with its route in place of its address, which
// can name a user.
func requestLog(logger *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		c.Next()
		logger.InfoContext(c.Request.Context(), "request", "method", c.Request.Method, "route", c.FullPath(),
			"status", c.Writer.Status(), "elapsed", time.Since(start))
	}
}
