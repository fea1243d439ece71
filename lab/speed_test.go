//go:build !race

package lab_test

// speed is slow enough that a busy machine's milliseconds do not become the
// lesson's seconds: curl's five are still half a real one.
const speed = 10
