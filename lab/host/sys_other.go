//go:build !unix

package host

func systemStat(owner, group bool) any { return nil }
