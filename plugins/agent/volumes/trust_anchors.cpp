#include "volumes/trust_anchors.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/selector.h>
#include <openssl/pem.h>

#include <set>

#include "x509-common/certificates.h"

namespace cleat::agent {
namespace {

// A bundle may say things beside its certificates, which nobody who reads the file is to be bothered with.
void addCertificates(std::string_view bundle, std::set<std::string>& seen, std::vector<std::string>& all) {
  const x509::Bio text = x509::readerOf(bundle);
  for (auto block = x509::nextBlock(text.get()); block; block = x509::nextBlock(text.get())) {
    if (block->type == "CERTIFICATE" && seen.insert(block->der).second) all.push_back(std::move(block->der));
  }
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

}  // namespace

Result<std::string> trustAnchorsOf(core_v1::ClusterTrustBundleProjection::Reader source,
                                   const std::vector<TrustBundle>& bundles) {
  const bool optional = valueOr(source.getOptional(), false), byName = source.hasName();
  LabelSelector selector = LabelSelector::nothing();
  if (source.hasLabelSelector()) {
    CLEAT_TRY(selector, LabelSelector::compile(source.getLabelSelector()));
  }
  std::set<std::string> seen;
  std::vector<std::string> certificates;
  bool found = false;
  for (const TrustBundle& bundle : bundles) {
    const bool wanted = byName ? bundle.name() == view(source.getName())
                               : view(bundle->getSpec().getSignerName()) == view(source.getSignerName()) &&
                                     selector.matches(bundle.meta().getLabels());
    if (!wanted) continue;
    found = true;
    addCertificates(view(bundle->getSpec().getTrustBundle()), seen, certificates);
  }
  if (found || optional) return pemOf(certificates);
  if (byName) {
    Status none = Status::notFound("clustertrustbundle.certificates.k8s.io", view(source.getName()));
    none.message = concat("while getting ClusterTrustBundle: ", none.message);
    return fail(std::move(none));
  }
  return fail(Status::badRequest("combination of signerName and labelSelector matched zero ClusterTrustBundles"));
}

}  // namespace cleat::agent
