// What OpenSSL makes and somebody has to give back.
#pragma once

#include <memory>

namespace cleat::x509 {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freer<Free>>;

}  // namespace cleat::x509
