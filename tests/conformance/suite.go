//go:build never

// Package conformance exists for its go.mod alone: it names the version of Kubernetes whose test suite is compiled, and this
// import makes the sums of all that the suite is made of part of go.sum.
package conformance

import _ "k8s.io/kubernetes/test/e2e"
