package steps

// A Book is a course's prose in one language. The faces read it; steps never
// do.
type Book interface {
	// Title is the name of the course.
	Title() string
	// Page is what there is to read at a step.
	Page(ID) Page
	// Sentence tells an event; "" where the event has no sentence.
	Sentence(Event) string
}

// Page is the prose of one step. Markdown where it says so, plain otherwise.
type Page struct {
	ID       ID
	Title    string
	Short    string      // the title for lists: at most 17 cells of a terminal
	Part     string      // what the pages of one part of the course have in common
	What     string      // one or two plain sentences: what happens here
	Why      string      // one or two plain sentences: why it matters
	Body     string      // Markdown: the explanation
	Expect   string      // what will be seen
	Seen     string      // what it means that it was seen
	Hint     string      // Markdown
	Solution string      // Markdown
	Notes    string      // Markdown, for the trainer only
	Predict  *Prediction // nil where the guide has no surprise
}

// Prediction asks the learner before the step runs.
type Prediction struct {
	Question string
	Options  []Option
	Right    string // the Value that turns out true
	Reveal   string // said afterwards
}

// Option is one answer of a [Prediction] or one row of a form.
type Option struct {
	Value, Label string
}
