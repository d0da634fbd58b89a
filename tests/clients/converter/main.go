// What an operator has behind the conversion webhook of its custom kinds, without the operator: Kueue's own conversions between its
// versions, served as controller-runtime serves them.
//
//	converter ADDRESS CERTIFICATE KEY     until it is ended
package main

import (
	"crypto/tls"
	"fmt"
	"log"
	"net/http"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/conversion"
	"sigs.k8s.io/kueue/apis/kueue/v1beta1"
	"sigs.k8s.io/kueue/apis/kueue/v1beta2"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: converter ADDRESS CERTIFICATE KEY")
	}
	scheme := runtime.NewScheme()
	utilruntime.Must(v1beta1.AddToScheme(scheme))
	utilruntime.Must(v1beta2.AddToScheme(scheme))
	handler := conversion.NewWebhookHandler(scheme, conversion.NewRegistry())
	mux := http.NewServeMux()
	mux.HandleFunc("/convert", func(answer http.ResponseWriter, request *http.Request) {
		fmt.Println("asked")
		handler.ServeHTTP(answer, request)
	})
	server := http.Server{Addr: os.Args[1], Handler: mux, TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	log.Fatal(server.ListenAndServeTLS(os.Args[2], os.Args[3]))
}
