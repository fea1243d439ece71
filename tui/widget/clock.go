package widget

import (
	"fmt"
	"time"
)

// Clock is a duration as a stopwatch shows it: 01:30, or 1:01:30.
func Clock(d time.Duration) string {
	s := max(0, int(d/time.Second))
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}
