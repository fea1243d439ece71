package widget

import "strings"

// Pair is one row of two texts that are compared; -1 where a side has none.
type Pair struct {
	Left, Right int
	Same        bool
}

// Align pairs the lines of two texts. Equal lines meet (their longest common
// subsequence); between them lines are paired in order, which keeps the hops
// of two traces level while both still grow.
func Align(a, b []string) []Pair {
	// The table is quadratic; beyond this, order alone has to do.
	const limit = 400
	if len(a) > limit || len(b) > limit {
		return zip(nil, a, b, 0, len(a), 0, len(b))
	}
	n, m := len(a), len(b)
	lcs := make([][]uint16, n+1)
	for i := range lcs {
		lcs[i] = make([]uint16, m+1)
	}
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if a[i] == b[j] {
				lcs[i][j] = lcs[i+1][j+1] + 1
			} else {
				lcs[i][j] = max(lcs[i+1][j], lcs[i][j+1])
			}
		}
	}
	var out []Pair
	i, j, pi, pj := 0, 0, 0, 0
	for i < n && j < m {
		switch {
		case a[i] == b[j]:
			out = zip(out, a, b, pi, i, pj, j)
			out = append(out, Pair{i, j, true})
			i, j = i+1, j+1
			pi, pj = i, j
		case lcs[i+1][j] >= lcs[i][j+1]:
			i++
		default:
			j++
		}
	}
	return zip(out, a, b, pi, n, pj, m)
}

// zip pairs a[i:n] with b[j:m] in order.
func zip(out []Pair, a, b []string, i, n, j, m int) []Pair {
	for i < n || j < m {
		p := Pair{-1, -1, false}
		if i < n {
			p.Left, i = i, i+1
		}
		if j < m {
			p.Right, j = j, j+1
		}
		p.Same = p.Left >= 0 && p.Right >= 0 && a[p.Left] == b[p.Right]
		out = append(out, p)
	}
	return out
}

// Common is the set of words of a line, to tell which words of its partner
// differ.
func Common(line string) map[string]bool {
	set := map[string]bool{}
	for f := range strings.FieldsSeq(line) {
		set[f] = true
	}
	return set
}
