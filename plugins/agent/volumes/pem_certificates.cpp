#include "volumes/pem_certificates.h"

#include <openssl/pem.h>

#include "x509-common/certificates.h"

namespace cleat::agent {

std::vector<std::string> certificatesIn(std::string_view pem) {
  std::vector<std::string> all;
  const x509::Bio text = x509::readerOf(pem);
  for (auto block = x509::nextBlock(text.get()); block; block = x509::nextBlock(text.get())) {
    if (block->type == "CERTIFICATE") all.push_back(std::move(block->der));
  }
  return all;
}

std::string pemOf(const std::vector<std::string>& certificates) {
  x509::Bio memory(BIO_new(BIO_s_mem()));
  for (const std::string& der : certificates) {
    PEM_write_bio(memory.get(), "CERTIFICATE", "", reinterpret_cast<const unsigned char*>(der.data()),
                  static_cast<long>(der.size()));
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

}  // namespace cleat::agent
