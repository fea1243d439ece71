package tutorial

import (
	"bytes"
	"image/png"
	"testing"
)

func TestSample(t *testing.T) {
	data, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	if len(data) != 478809 {
		t.Errorf("%d bytes, want those of the guide", len(data))
	}
	// The decoder checks every chunk's checksum, also those it passes over.
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil || img.Bounds().Dx() != 960 {
		t.Errorf("not a picture: %v", err)
	}
	again, err := sample()
	if err != nil || !bytes.Equal(data, again) {
		t.Error("drawn twice, it differs")
	}
}
