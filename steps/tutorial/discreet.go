package tutorial

import (
	"context"
	"errors"
	"regexp"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// discreetly keeps secrets out of a service's errors. One that does not like a
// signature repeats the request that it would have signed, with the session
// token in it, and errors are shown and recorded.
func discreetly(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("gatewalk:Discreetly",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, meta, err := next.HandleInitialize(ctx, in)
			return out, meta, discreet(err)
		}), middleware.After)
}

// discreet is err without secrets; err itself where it has none.
func discreet(err error) error {
	if err == nil || conceal(err.Error()) == err.Error() {
		return err
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return &discreetAPIError{discreetError{err}, api}
	}
	return &discreetError{err}
}

type discreetError struct{ err error }

func (e *discreetError) Error() string { return conceal(e.err.Error()) }
func (e *discreetError) Unwrap() error { return e.err }

// discreetAPIError is found as the API's error in place of the one behind it.
type discreetAPIError struct {
	discreetError
	api smithy.APIError
}

func (e *discreetAPIError) ErrorCode() string             { return e.api.ErrorCode() }
func (e *discreetAPIError) ErrorMessage() string          { return conceal(e.api.ErrorMessage()) }
func (e *discreetAPIError) ErrorFault() smithy.ErrorFault { return e.api.ErrorFault() }

var (
	canonical = regexp.MustCompile(`(?s)\s*The Canonical String for this request should have been.*`)
	// What EC2 tells of the request to those alone who may decode it: six hundred
	// letters, which a recording would hand on.
	encoded = regexp.MustCompile(`\s*Encoded authorization failure message: \S+`)
	token   = regexp.MustCompile(`(?i)(x-amz-security-token\s*[:=]\s*)[^\s'"&]+`)
)

func conceal(text string) string {
	text = encoded.ReplaceAllString(canonical.ReplaceAllString(text, " (…)"), " (…)")
	return token.ReplaceAllString(text, "$1…")
}
