package tutorial

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
)

// sampleSize is the size of the guide's object in bytes.
const sampleSize = 478_809

// sample draws the lesson in one picture: a VPC with its two subnets, S3
// outside, the way out of the public one in blue, and the endpoint's in green.
// It is a real PNG of exactly [sampleSize] bytes: what the picture leaves over
// is a text chunk, which viewers pass over.
func sample() ([]byte, error) {
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed} // the size is filled up anyway
	if err := enc.Encode(&b, drawMap()); err != nil {
		return nil, fmt.Errorf("drawing %s: %w", sampleKey, err)
	}
	const (
		chunkFrame = 12 // length, type, checksum
		endChunk   = 12 // IEND, which is empty
	)
	left := sampleSize - b.Len() - chunkFrame
	if left < 0 {
		return nil, fmt.Errorf("drawing %s: %d bytes are too many", sampleKey, b.Len())
	}
	text := "Comment\x00" + strings.Repeat("The name did not change, nor the address: only the route. ", left/50)
	end := b.Len() - endChunk
	var out bytes.Buffer
	out.Write(b.Bytes()[:end])
	writeChunk(&out, "tEXt", []byte(text[:left]))
	out.Write(b.Bytes()[end:])
	return out.Bytes(), nil
}

// writeChunk writes a PNG chunk (PNG specification, 5.3).
func writeChunk(b *bytes.Buffer, kind string, data []byte) {
	sum := crc32.NewIEEE()
	sum.Write([]byte(kind))
	sum.Write(data)
	b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
	b.WriteString(kind)
	b.Write(data)
	b.Write(binary.BigEndian.AppendUint32(nil, sum.Sum32()))
}

func drawMap() image.Image {
	var (
		paper  = color.RGBA{250, 250, 247, 255}
		ink    = color.RGBA{60, 64, 72, 255}
		sky    = color.RGBA{222, 235, 250, 255}
		grass  = color.RGBA{224, 243, 228, 255}
		blue   = color.RGBA{40, 104, 200, 255}
		green  = color.RGBA{30, 140, 80, 255}
		bucket = color.RGBA{240, 190, 90, 255}
	)
	img := image.NewPaletted(image.Rect(0, 0, 960, 540), color.Palette{paper, ink, sky, grass, blue, green, bucket})
	fill := func(r image.Rectangle, c color.Color) {
		draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
	}
	box := func(x0, y0, x1, y1 int, edge, face color.Color) {
		fill(image.Rect(x0, y0, x1, y1), edge)
		fill(image.Rect(x0+4, y0+4, x1-4, y1-4), face)
	}
	fill(img.Bounds(), paper)
	box(40, 40, 560, 500, ink, paper)     // the VPC
	box(80, 80, 520, 250, blue, sky)      // the public subnet
	box(80, 290, 520, 460, green, grass)  // the private subnet
	box(140, 130, 260, 200, ink, paper)   // the bastion
	box(140, 340, 260, 410, ink, paper)   // the private instance
	box(524, 140, 596, 190, blue, paper)  // the internet gateway, on the edge
	box(524, 350, 596, 400, green, paper) // the endpoint, on the edge as well
	box(740, 180, 900, 360, ink, bucket)  // S3, outside
	fill(image.Rect(260, 161, 524, 169), blue)
	fill(image.Rect(596, 161, 820, 169), blue)
	fill(image.Rect(816, 161, 824, 180), blue)
	fill(image.Rect(260, 371, 524, 379), green)
	fill(image.Rect(596, 371, 824, 379), green)
	fill(image.Rect(816, 360, 824, 379), green)
	return img
}
