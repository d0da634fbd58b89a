// A new RSA key. The TLS library's own way takes three times as long: it finds primes by the rules of a standard for
// approved modules (FIPS 186-4, with auxiliary primes), which nobody asks for here and a first start would wait for.
#pragma once

#include <openssl/evp.h>

namespace cleat::app {

// Of 2048 bits, with the exponent 65537. Owned by the caller; null where the library refuses.
EVP_PKEY* makeRsaKey();

}  // namespace cleat::app
