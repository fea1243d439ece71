package tutorial

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"gatewalk/steps"
)

// emitKey finds the Emit of the step that makes a call on the call's context.
type emitKey struct{}

// watch lets the calls under ctx be told as events of r.
func (r *run) watch(ctx context.Context) context.Context {
	return context.WithValue(ctx, emitKey{}, r.emit)
}

// patience is how long a call is repeated that AWS throttles, beyond what the
// SDK itself repeats.
const patience = 2 * time.Minute

// watchCalls emits a Call event for each call, with its retries as one, and
// waits visibly where AWS asks for patience: a throttled call had no effect.
// It says what was asked, never with which values: those may hold secrets.
func (w *Walk) watchCalls(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("gatewalk:Calls",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			emit, ok := ctx.Value(emitKey{}).(steps.Emit)
			if !ok {
				emit = func(steps.Event) {}
			}
			began := time.Now()
			out, meta, err := next.HandleInitialize(ctx, in)
			_, stream := in.Parameters.(*s3.PutObjectInput) // its body is read by now
			for waited, wait := time.Duration(0), time.Second; throttled(err) && !stream && waited < patience; wait = min(2*wait, 10*time.Second) {
				emit(steps.Event{Kind: steps.Waiting, Msg: waitThrottle, Args: steps.Args{"elapsed": waited.String(), "of": patience.String()}})
				if serr := w.o.Sleep(ctx, wait); serr != nil {
					return out, meta, serr
				}
				waited += wait
				out, meta, err = next.HandleInitialize(ctx, in)
			}
			args := steps.Args{
				"service": awsmiddleware.GetServiceID(ctx),
				"action":  awsmiddleware.GetOperationName(ctx),
				"ms":      strconv.FormatInt(time.Since(began).Milliseconds(), 10),
			}
			e := steps.Event{Kind: steps.Call, Args: args}
			switch {
			case missing(err) && reads(args["action"]):
				args["found"] = "no" // which was the question
			case err != nil:
				args["code"], e.Err = code(err), err.Error()
			}
			emit(e)
			return out, meta, err
		}), middleware.After)
}

// reads reports whether a call only looks.
func reads(action string) bool {
	return slices.ContainsFunc([]string{"Describe", "Get", "Head", "List"}, func(verb string) bool { return strings.HasPrefix(action, verb) })
}

// code is AWS's error code of err, or "" where it did not answer.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
