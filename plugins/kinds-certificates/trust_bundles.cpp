// ClusterTrustBundles: certificates of authorities, for everybody to read.
#include <openssl/x509v3.h>

#include <algorithm>
#include <map>

#include "kinds-certificates/certificate_kinds.h"
#include "kinds-common/names.h"
#include "kinds-common/signer.h"
#include "x509-common/certificates.h"

namespace cleat::kinds::certificates {

namespace {

using Bundle = v1::ClusterTrustBundle;

constexpr size_t kMaxBundle = 1024 * 1024;

Wrongs wrongBundleName(std::string_view name, std::string_view signer) {
  if (signer.empty()) {
    if (name.find(':') == std::string_view::npos) return wrongDns1123Subdomain(name);
    return {"ClusterTrustBundle without signer name must not have \":\" in its name"};
  }
  std::string prefix(signer);
  std::replace(prefix.begin(), prefix.end(), '/', ':');
  prefix += ':';
  if (name.starts_with(prefix)) return wrongDns1123Subdomain(name.substr(prefix.size()));
  return {concat("ClusterTrustBundle for signerName ", signer, " must be named with prefix ", prefix)};
}

// What is wrong with one block of the bundle; nothing when it is an authority's certificate.
std::string wrongWith(const x509::PemBlock& block) {
  if (block.type != "CERTIFICATE") return concat("has bad block type: ", block.type);
  if (block.hasHeaders) return "has PEM block headers";
  const x509::Certificate certificate = x509::parseDer(block.der);
  if (!certificate) return "does not parse as X.509";
  const x509::Owned<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free> constraints(
      static_cast<BASIC_CONSTRAINTS*>(X509_get_ext_d2i(certificate.get(), NID_basic_constraints, nullptr, nullptr)));
  return constraints && constraints->ca != 0 ? "" : "does not have the CA bit set";
}

void checkBundle(std::string_view text, const Path& path, Findings& findings) {
  if (text.size() > kMaxBundle) return findings.tooLong(path, kMaxBundle);
  const x509::Bio reader = x509::readerOf(text);
  std::map<std::string, std::vector<std::string>> anchors;
  size_t entry = 0;
  bool good = true;
  for (auto block = x509::nextBlock(reader.get()); block; block = x509::nextBlock(reader.get()), ++entry) {
    if (const std::string wrong = wrongWith(*block); !wrong.empty()) {
      findings.invalid(path, Shown::plain(kOmitted), concat("entry ", entry, " ", wrong));
      good = false;
    }
    anchors[block->der].push_back(std::to_string(entry));
  }
  if (!good) return;
  if (anchors.empty()) findings.invalid(path, Shown::plain(kOmitted), "at least one trust anchor must be provided");
  for (const auto& [der, entries] : anchors) {
    if (entries.size() == 1) continue;
    findings.invalid(path, Shown::plain(kOmitted),
                     concat("duplicate trust anchor (indices [", joined(entries, " "), "])"));
  }
}

void validate(const Change<Bundle>& change, Findings& findings) {
  const Path path("spec");
  auto spec = change.object.getSpec();
  const std::string_view signer = view(spec.getSignerName()), name = view(change.object.getMetadata().getName());
  findings.invalidEach(Path("metadata") / "name", name, wrongBundleName(name, signer));
  if (!signer.empty()) checkSignerName(signer, path / "signerName", findings);
  // What is there already is not read again.
  if (!change.old || view(change.old->getSpec().getTrustBundle()) != view(spec.getTrustBundle())) {
    checkBundle(view(spec.getTrustBundle()), path / "trustBundle", findings);
  }
  if (change.old && view(change.old->getSpec().getSignerName()) != signer) {
    findings.invalid(path / "signerName", signer, kImmutable);
  }
}

void print(Bundle::Reader bundle, Cells& cells) {
  auto signer = bundle.getSpec().getSignerName();
  cells.text(bundle.getMetadata().getName());
  cells.text(signer.size() > 0 ? view(signer) : std::string_view("<none>"));
}

}  // namespace

void addTrustBundles(KindTable& table) {
  table.add<Bundle>({.structFile = kSchemaFile,
                     .columns = {nameColumn(), {"SignerName", "string", "Whose certificates can be verified with it."}},
                     .selectableFields = {"spec.signerName"},
                     .nameRule = "path-segment",
                     .keepsGeneration = true,
                     .updateNeedsRevision = true},
                    {nullptr, validate, print});
}

}  // namespace cleat::kinds::certificates
