package sigv4

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestUnframe(t *testing.T) {
	const framed = "5\r\nplain\r\n0\r\nx-amz-checksum-crc32:GSBizw==\r\n\r\n"
	tests := []struct {
		hash, body, want, trailer string
		payload                   Payload
	}{
		{"STREAMING-UNSIGNED-PAYLOAD-TRAILER", framed, "plain", "GSBizw==", Trailing},
		{Unsigned, framed, framed, "", NotInSig},
		{"", framed, framed, "", Hashed},
	}
	for _, tt := range tests {
		r, err := http.NewRequest("PUT", "http://s3/b/k", strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Decoded-Content-Length", "5")
		if tt.hash != "" {
			r.Header.Set("X-Amz-Content-Sha256", tt.hash)
		}
		p := Unframe(r)
		got, err := io.ReadAll(r.Body)
		if err != nil || string(got) != tt.want || p != tt.payload || r.Trailer.Get("X-Amz-Checksum-Crc32") != tt.trailer {
			t.Errorf("%s: %v %q, trailer %v, %v", tt.hash, p, got, r.Trailer, err)
		}
	}
}

// Trailers without an end are refused, not gathered.
func TestManyTrailers(t *testing.T) {
	body := "5\r\nplain\r\n0\r\n" + strings.Repeat("x-amz-meta-a:b\r\n", 100_000) + "\r\n"
	r, err := http.NewRequest("PUT", "http://s3/b/k", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
	Unframe(r)
	if _, err := io.ReadAll(r.Body); err == nil {
		t.Error("they were all read")
	}
}
