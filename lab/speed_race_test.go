//go:build race

package lab_test

// speed is slow enough that a busy machine's milliseconds do not become the
// lesson's seconds, which the race detector multiplies.
const speed = 3
