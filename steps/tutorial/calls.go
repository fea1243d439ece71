package tutorial

import (
	"context"
	"errors"
	"strconv"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
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

// watchCalls emits a Call event for each call, with its retries as one. It
// says what was asked, never with which values: those may hold secrets.
func watchCalls(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("gatewalk:Calls",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			emit, ok := ctx.Value(emitKey{}).(steps.Emit)
			if !ok {
				return next.HandleInitialize(ctx, in)
			}
			began := time.Now()
			out, meta, err := next.HandleInitialize(ctx, in)
			args := steps.Args{
				"service": awsmiddleware.GetServiceID(ctx),
				"action":  awsmiddleware.GetOperationName(ctx),
				"ms":      strconv.FormatInt(time.Since(began).Milliseconds(), 10),
			}
			e := steps.Event{Kind: steps.Call, Args: args}
			if err != nil {
				args["code"], e.Err = code(err), err.Error()
			}
			emit(e)
			return out, meta, err
		}), middleware.After)
}

// code is AWS's error code of err, or "" where it did not answer.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
