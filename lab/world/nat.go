package world

type natTable struct{}
