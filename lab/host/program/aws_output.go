package program

import "gatewalk/lab/host/program/awsout"

// dict makes an answer of keys and values in turn.
func dict(pairs ...any) *awsout.Dict { return awsout.NewDict(pairs...) }

// show prints an answer, or what --query selects of it, in the format that was
// chosen.
func (a *awsRun) show(operation string, answer *awsout.Dict) error {
	var v any = answer
	var err error
	if a.query != nil {
		if v, err = a.query.Select(answer); err != nil {
			return awsFail(awsInvalid, "%v", err)
		}
	}
	switch a.output {
	case "text":
		err = awsout.Text(a.Stdout, v)
	case "table":
		err = awsout.Table(a.Stdout, operation, v, a.Cols)
	case "off":
	case "yaml", "yaml-stream":
		return awsFail(awsInvalid, "aws: [ERROR]: --output %s is not available in this lab's AWS CLI; json, text and table are", a.output)
	default:
		err = awsout.JSON(a.Stdout, v)
	}
	return err
}
