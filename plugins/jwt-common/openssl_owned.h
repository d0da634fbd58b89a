// What OpenSSL makes and somebody has to give back, and texts as it takes them.
#pragma once

#include <memory>
#include <string_view>

namespace cleat::jwt {

template <auto function>
struct Freeing {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
template <class T, auto function>
using Owned = std::unique_ptr<T, Freeing<function>>;

inline const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace cleat::jwt
