// Owners of what OpenSSL gives out, each with the function that takes it back.
//
//   std::unique_ptr<X509, Freer<X509_free>> certificate(X509_new());
#pragma once

#include <memory>

namespace cleat::app {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

}  // namespace cleat::app
