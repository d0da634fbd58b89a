// What Kubernetes demands of a request for a pod's certificate, and of the certificate, in its words.
#include <cleat/sdk/meta.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include <chrono>

#include "kinds-certificates/certificate_kinds.h"
#include "kinds-common/conditions.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"
#include "kinds-common/signer.h"
#include "x509-common/certificates.h"

namespace cleat::kinds::certificates {

namespace {

using PodStatus = v1::PodCertificateRequestStatus;

constexpr size_t kMaxUid = 128, kMaxStub = 10 * 1024, kMaxChain = 100 * 1024, kMaxAnnotations = 256 * 1024;
constexpr int32_t kHour = 60 * 60, kDay = 24 * kHour, kLongest = 91 * kDay;
constexpr auto kClockSkew = std::chrono::minutes(5), kMargin = std::chrono::minutes(10);

constexpr const char* kSupportedKeys = "unknown public key type; supported types are Ed25519, ECDSA, and RSA";
constexpr const char* kWrongCurve = "elliptic public keys must use curve P256, P384, or P521";
constexpr const char* kWrongModulus = "RSA keys must have modulus size 3072 or 4096";

void checkNamed(capnp::Text::Reader name, const Path& path, Findings& findings) {
  findings.invalidEach(path, name, wrongDns1123Subdomain(view(name)));
}
void checkUid(capnp::Text::Reader uid, const Path& path, Findings& findings) {
  if (uid.size() == 0) findings.invalid(path, "", "must not be empty");
  if (uid.size() > kMaxUid) findings.tooLong(path, kMaxUid);
}

void checkUserAnnotations(TextMapReader annotations, const Path& path, Findings& findings) {
  size_t size = 0;
  for (auto entry : annotations) {
    const std::string key = lowerCase(view(entry.getKey()));
    size += entry.getKey().size() + entry.getValue().size();
    if (key.empty()) {
      findings.required(path);
      continue;
    }
    const Wrongs wrongs = wrongQualifiedName(key);
    findings.invalidEach(path, key, wrongs);
    if (wrongs.empty() && key.find('/') == std::string::npos) {
      findings.invalid(path, key, "must be a domain-prefixed key (such as \"acme.io/foo\")");
    }
  }
  if (size > kMaxAnnotations) findings.tooLong(path, kMaxAnnotations);
}

// The curve as Go names it, of those that are not supported.
std::string curveOf(EVP_PKEY* key) {
  char name[80] = {};
  size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name, sizeof name, &size) != 1) return {};
  const std::string_view known(name, size);
  if (known == "prime256v1" || known == "P-256") return "P-256";
  if (known == "secp384r1" || known == "P-384") return "P-384";
  if (known == "secp521r1" || known == "P-521") return "P-521";
  return known == "secp224r1" ? "P-224" : std::string(known);
}

void checkKey(EVP_PKEY* key, const Path& path, Findings& findings) {
  switch (key == nullptr ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519: return;
    case EVP_PKEY_EC: {
      const std::string curve = curveOf(key);
      if (curve == "P-256" || curve == "P-384" || curve == "P-521") return;
      return findings.invalid(path, concat("curve ", curve), kWrongCurve);
    }
    case EVP_PKEY_RSA: {
      // Of whole bytes, as it is counted there.
      const int bits = EVP_PKEY_get_size(key) * 8;
      if (bits == 3072 || bits == 4096) return;
      return findings.invalid(path, concat(bits, "-bit modulus"), kWrongModulus);
    }
    default: return invalidUnseen(path, kSupportedKeys, findings);
  }
}

void checkStub(std::string_view der, const Path& path, Findings& findings) {
  if (der.size() > kMaxStub) return findings.tooLong(path, kMaxStub);
  const x509::CertificateRequest request = x509::parseRequestDer(der);
  if (!request) return invalidUnseen(path, "must be a valid PKCS#10 CSR", findings);
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  checkKey(key, path, findings);
  if (findings.empty() && X509_REQ_verify(request.get(), key) != 1) {
    invalidUnseen(path, "invalid signature", findings);
  }
}

bool isFinal(std::string_view type) { return type == "Issued" || type == "Denied" || type == "Failed"; }
bool isAt(PodStatus::Reader status, std::string_view type) { return conditionIs(status.getConditions(), type, "True"); }

void checkKinds(PodStatus::Reader status, const Path& path, Findings& findings) {
  auto conditions = status.getConditions();
  int known = 0;
  for (uint32_t i = 0; i < conditions.size(); ++i) {
    const std::string_view type = view(conditions[i].getType());
    const Path at = path / concat("[", i, "]");
    if (!isFinal(type)) {
      findings.notSupported(at / "type", type, {"Issued", "Denied", "Failed"});
      continue;
    }
    if (++known > 1) {
      findings.invalid(at / "type", type,
                       "There may be at most one condition with type \"Issued\", \"Denied\", or \"Failed\"");
    }
    if (view(conditions[i].getStatus()) != "True") {
      findings.notSupported(at / "status", conditions[i].getStatus(), {"True"});
    }
  }
  checkConditions(conditions, path, findings);
}

bool saysMoreThanConditions(PodStatus::Reader status) {
  return status.getCertificateChain().size() > 0 || status.hasNotBefore() || status.hasNotAfter() ||
         status.hasBeginRefreshAt();
}

std::optional<WallTime> timeOf(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
  return WallTime(std::chrono::seconds(timegm(&fields)));
}

std::string textOf(const ASN1_IA5STRING* text) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<size_t>(ASN1_STRING_length(text)));
}

void checkNames(X509* leaf, const Path& path, Findings& findings) {
  const x509::Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* one = sk_GENERAL_NAME_value(names.get(), i);
    if (one->type == GEN_DNS) {
      const std::string name = textOf(one->d.dNSName);
      if (name.empty()) findings.invalid(path, name, "leaf certificate should not contain empty DNSName");
      if (name.find("..") != std::string::npos) {
        findings.invalid(path, name, "leaf certificate's DNSName should not contain '..'");
      }
      if (name.starts_with('.') || name.ends_with('.')) {
        findings.invalid(path, name, "leaf certificate's DNSName should not start or end with '.'");
      }
    } else if (one->type == GEN_EMAIL) {
      const std::string address = textOf(one->d.rfc822Name);
      const size_t at = address.rfind('@');
      const bool good = at != std::string::npos && at > 0 && at + 1 < address.size() &&
                        address.find_first_of(" \t\r\n<>()") == std::string::npos;
      if (!good) findings.invalid(path, address, "leaf certificate should not contain invalid EmailAddress");
    }
  }
}

struct Times {
  std::optional<WallTime> notBefore, notAfter, beginRefresh;
};

Shown shownTime(WallTime time) { return formatTime(time); }

void checkTimes(const Times& said, const Times& signedTimes, int32_t maxSeconds, WallTime now, Findings& findings) {
  const Path status("status");
  const Path notBefore = status / "notBefore", notAfter = status / "notAfter", refresh = status / "beginRefreshAt";
  if (said.notBefore != signedTimes.notBefore) {
    return findings.invalid(notBefore, shownTime(*said.notBefore),
                            "must be set to the NotBefore time encoded in the leaf certificate");
  }
  if (*said.notBefore <= now - kClockSkew || *said.notBefore >= now + kClockSkew) {
    return findings.invalid(notBefore, shownTime(*said.notBefore),
                            "must be set to within 5 minutes of kube-apiserver's current time");
  }
  if (said.notAfter != signedTimes.notAfter) {
    return findings.invalid(notAfter, shownTime(*said.notAfter),
                            "must be set to the NotAfter time encoded in the leaf certificate");
  }
  const auto lifetime = std::chrono::duration_cast<std::chrono::nanoseconds>(*said.notAfter - *said.notBefore);
  const Path chain = status / "certificateChain";
  if (lifetime < std::chrono::hours(1)) {
    return findings.invalid(chain, lifetime.count(), "leaf certificate lifetime must be >= 1 hour");
  }
  if (lifetime > std::chrono::seconds(maxSeconds)) {
    return findings.invalid(
        chain, lifetime.count(),
        concat("leaf certificate lifetime must be <= spec.maxExpirationSeconds (", maxSeconds, ")"));
  }
  if (*said.beginRefresh < *said.notBefore + kMargin) {
    return findings.invalid(refresh, shownTime(*said.beginRefresh),
                            "must be at least 10 minutes after status.notBefore");
  }
  if (*said.beginRefresh > *said.notAfter - kMargin) {
    findings.invalid(refresh, shownTime(*said.beginRefresh), "must be at least 10 minutes before status.notAfter");
  }
}

void checkRestOfChain(BIO* chain, std::string_view text, const Path& path, Findings& findings) {
  for (auto block = x509::nextBlock(chain); block; block = x509::nextBlock(chain)) {
    if (block->type != "CERTIFICATE") {
      return findings.invalid(path, text, "issued certificate chain must consist entirely of CERTFICATE PEM blocks");
    }
    if (!x509::parseDer(block->der)) {
      return findings.invalid(path, text, "intermediate certificate does not parse as valid X.509");
    }
  }
}

// Each rule stands on the ones before it: the first that is broken ends it.
void checkIssued(v1::PodCertificateRequest::Reader request, WallTime now, Findings& findings) {
  auto status = request.getStatus();
  auto spec = request.getSpec();
  const Path at("status"), path = at / "certificateChain";
  const std::string_view text = view(status.getCertificateChain());
  if (text.size() > kMaxChain) return findings.tooLong(path, kMaxChain);
  const x509::Bio chain = x509::readerOf(text);
  const auto block = x509::nextBlock(chain.get());
  if (!block) {
    return findings.invalid(path, text, "issued certificate chain must contain at least one certificate");
  }
  if (block->type != "CERTIFICATE") {
    return findings.invalid(path, text, "issued certificate chain must consist entirely of CERTIFICATE PEM blocks");
  }
  const x509::Certificate leaf = x509::parseDer(block->der);
  if (!leaf) return findings.invalid(path, text, "leaf certificate does not parse as valid X.509");
  checkNames(leaf.get(), path, findings);
  const x509::CertificateRequest asked = x509::parseRequestDer(view(spec.getStubPKCS10Request()));
  EVP_PKEY* wanted = asked ? X509_REQ_get0_pubkey(asked.get()) : nullptr;
  EVP_PKEY* given = X509_get0_pubkey(leaf.get());
  if (wanted == nullptr || given == nullptr || EVP_PKEY_eq(wanted, given) != 1) {
    return findings.invalid(path, text, "leaf certificate was not issued to the requested public key");
  }
  const Times said{parseTime(status.getNotBefore()), parseTime(status.getNotAfter()),
                   parseTime(status.getBeginRefreshAt())};
  constexpr std::string_view kConsistent = "must be present and consistent with the issued certificate";
  if (!said.notBefore) findings.required(at / "notBefore", kConsistent);
  if (!said.notAfter) findings.required(at / "notAfter", kConsistent);
  if (!said.beginRefresh) {
    findings.required(at / "beginRefreshAt", "must be present and in the range [notbefore+10min, notafter-10min]");
  }
  if (!findings.empty()) return;
  const Times signedTimes{timeOf(X509_get0_notBefore(leaf.get())), timeOf(X509_get0_notAfter(leaf.get())), {}};
  checkTimes(said, signedTimes, spec.getMaxExpirationSeconds().getValue(), now, findings);
  if (findings.empty()) checkRestOfChain(chain.get(), text, path, findings);
}

}  // namespace

void invalidUnseen(const Path& path, std::string_view detail, Findings& findings) {
  findings.add({"FieldValueInvalid", concat("Invalid value: ", detail), str(path.text())});
}

void checkPodRequest(v1::PodCertificateRequestSpec::Reader spec, const Path& path, Findings& findings) {
  const std::string_view signer = view(spec.getSignerName());
  checkSignerName(signer, path / "signerName", findings);
  checkUserAnnotations(spec.getUnverifiedUserAnnotations(), path / "unverifiedUserAnnotations", findings);
  checkNamed(spec.getPodName(), path / "podName", findings);
  checkUid(spec.getPodUID(), path / "podUID", findings);
  checkNamed(spec.getServiceAccountName(), path / "serviceAccountName", findings);
  checkUid(spec.getServiceAccountUID(), path / "serviceAccountUID", findings);
  checkNamed(spec.getNodeName(), path / "nodeName", findings);
  checkUid(spec.getNodeUID(), path / "nodeUID", findings);
  const int32_t seconds = spec.getMaxExpirationSeconds().getValue();
  const int32_t longest = isKubernetesSigner(signer) ? kDay : kLongest;
  if (seconds < kHour || seconds > longest) {
    findings.invalid(path / "maxExpirationSeconds", seconds,
                     concat("must be in the range [", kHour, ", ", longest, "]"));
  }
  if (spec.getStubPKCS10Request().size() == 0) {
    return invalidUnseen(path, "exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set",
                         findings);
  }
  Findings found;
  checkStub(view(spec.getStubPKCS10Request()), path / "stubPKCS10Request", found);
  for (const StatusCause& cause : found.causes()) findings.add(cause);
}

void checkPodStatus(const Change<v1::PodCertificateRequest>& change, WallTime now, Findings& findings) {
  const Path path("status");
  auto status = change.object.getStatus(), before = change.old->getStatus();
  checkKinds(status, path / "conditions", findings);
  if (!findings.empty()) return;
  const bool same = sameStruct(status, before);
  if (isAt(before, "Issued") || isAt(before, "Denied") || isAt(before, "Failed")) {
    if (!same) invalidUnseen(path, "immutable after PodCertificateRequest is issued, denied, or failed", findings);
  } else if (isAt(status, "Denied") || isAt(status, "Failed")) {
    if (!saysMoreThanConditions(status)) return;
    invalidUnseen(path, "non-condition status fields must be empty when denying or failing the PodCertificateRequest",
                  findings);
  } else if (isAt(status, "Issued")) {
    checkIssued(change.object, now, findings);
  } else if (!same) {
    invalidUnseen(path, "status is immutable unless transitioning to \"Issued\", \"Denied\", or \"Failed\"", findings);
  }
}

}  // namespace cleat::kinds::certificates
