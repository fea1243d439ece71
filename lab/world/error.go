package world

// Error is a refusal in AWS's own words: what an API answers with, whatever
// its wire format.
type Error struct {
	Code    string // "InvalidVpcID.NotFound"
	Message string
	Status  int // HTTP status; zero means 400
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// HTTPStatus is Status, or 400 where none was given.
func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return 400
	}
	return e.Status
}
