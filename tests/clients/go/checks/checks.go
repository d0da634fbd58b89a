// Package checks counts what a client program checks; its last line says how many failed.
package checks

import (
	"fmt"
	"os"
	"time"
)

var done, failed int

func Check(what string, holds bool) {
	done++
	verdict := "ok   "
	if !holds {
		failed++
		verdict = "FAIL "
	}
	fmt.Println(verdict, what)
}

// Must is for what all that follows depends on.
func Must[T any](value T, err error) T {
	No(err)
	return value
}

func No(err error) {
	if err != nil {
		fmt.Println("FAIL ", err)
		os.Exit(1)
	}
}

func Until(holds func() bool) bool {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return false
}

func Finish() {
	fmt.Printf("%d checks, %d failed\n", done, failed)
	if failed > 0 || done == 0 {
		os.Exit(1)
	}
}
