#include "core/app/rsa_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <memory>
#include <utility>

#include "core/app/openssl_owner.h"

namespace cleat::app {
namespace {

using Number = std::unique_ptr<BIGNUM, Freer<BN_clear_free>>;
using Scratch = std::unique_ptr<BN_CTX, Freer<BN_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;

constexpr int kPrimeBits = 1024;
constexpr BN_ULONG kExponent = RSA_F4;

// What is computed with it takes the same time whatever it is.
Number secret() {
  Number made(BN_secure_new());
  if (made) BN_set_flags(made.get(), BN_FLG_CONSTTIME);
  return made;
}

struct Factors {
  Number p, q, pLess, qLess;  // and each less one
};

// A prime that can be one of a key with this exponent, and one less. Its two highest bits are set, so that the product
// of two has all its bits.
bool findPrime(const BIGNUM* exponent, Number& prime, Number& less, BN_CTX* scratch) {
  prime = secret();
  less = secret();
  Number divisor = secret();
  if (!prime || !less || !divisor) return false;
  for (;;) {
    if (BN_generate_prime_ex2(prime.get(), kPrimeBits, 0, nullptr, nullptr, nullptr, scratch) != 1) return false;
    if (BN_sub(less.get(), prime.get(), BN_value_one()) != 1) return false;
    if (BN_gcd(divisor.get(), less.get(), exponent, scratch) != 1) return false;
    if (BN_is_one(divisor.get())) return true;
  }
}

bool findFactors(const BIGNUM* exponent, Factors& found, BN_CTX* scratch) {
  if (!findPrime(exponent, found.p, found.pLess, scratch)) return false;
  do {
    if (!findPrime(exponent, found.q, found.qLess, scratch)) return false;
  } while (BN_cmp(found.p.get(), found.q.get()) == 0);
  // The larger one comes first, as those expect who compute with both.
  if (BN_cmp(found.p.get(), found.q.get()) < 0) {
    std::swap(found.p, found.q);
    std::swap(found.pLess, found.qLess);
  }
  return true;
}

// The private exponent: the inverse by the least common multiple of both.
Number privateExponent(const BIGNUM* exponent, const Factors& factors, BN_CTX* scratch) {
  Number product = secret(), divisor = secret(), multiple = secret(), made = secret();
  const bool good = product && divisor && multiple && made &&
                    BN_mul(product.get(), factors.pLess.get(), factors.qLess.get(), scratch) == 1 &&
                    BN_gcd(divisor.get(), factors.pLess.get(), factors.qLess.get(), scratch) == 1 &&
                    BN_div(multiple.get(), nullptr, product.get(), divisor.get(), scratch) == 1 &&
                    BN_mod_inverse(made.get(), exponent, multiple.get(), scratch) != nullptr;
  return good ? std::move(made) : nullptr;
}

EVP_PKEY* assemble(const BIGNUM* exponent, const Factors& factors, const BIGNUM* own, BN_CTX* scratch) {
  Number modulus = secret(), first = secret(), second = secret(), coefficient = secret();
  Builder builder(OSSL_PARAM_BLD_new());
  const bool computed = modulus && first && second && coefficient && builder &&
                        BN_mul(modulus.get(), factors.p.get(), factors.q.get(), scratch) == 1 &&
                        BN_mod(first.get(), own, factors.pLess.get(), scratch) == 1 &&
                        BN_mod(second.get(), own, factors.qLess.get(), scratch) == 1 &&
                        BN_mod_inverse(coefficient.get(), factors.q.get(), factors.p.get(), scratch) != nullptr;
  if (!computed) return nullptr;
  const std::pair<const char*, const BIGNUM*> parts[] = {{OSSL_PKEY_PARAM_RSA_N, modulus.get()},
                                                         {OSSL_PKEY_PARAM_RSA_E, exponent},
                                                         {OSSL_PKEY_PARAM_RSA_D, own},
                                                         {OSSL_PKEY_PARAM_RSA_FACTOR1, factors.p.get()},
                                                         {OSSL_PKEY_PARAM_RSA_FACTOR2, factors.q.get()},
                                                         {OSSL_PKEY_PARAM_RSA_EXPONENT1, first.get()},
                                                         {OSSL_PKEY_PARAM_RSA_EXPONENT2, second.get()},
                                                         {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, coefficient.get()}};
  for (const auto& [name, number] : parts) {
    if (OSSL_PARAM_BLD_push_BN(builder.get(), name, number) != 1) return nullptr;
  }
  Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  return EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) == 1 ? key : nullptr;
}

}  // namespace

EVP_PKEY* makeRsaKey() {
  Scratch scratch(BN_CTX_secure_new());
  Number exponent(BN_new());
  Factors factors;
  if (!scratch || !exponent || BN_set_word(exponent.get(), kExponent) != 1) return nullptr;
  if (!findFactors(exponent.get(), factors, scratch.get())) return nullptr;
  const Number own = privateExponent(exponent.get(), factors, scratch.get());
  return own ? assemble(exponent.get(), factors, own.get(), scratch.get()) : nullptr;
}

}  // namespace cleat::app
