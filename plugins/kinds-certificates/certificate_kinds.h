// The kinds of certificates.k8s.io/v1 that stand in files of their own. Each add… puts one into the table.
#pragma once

#include <cleat/sdk/kinds/certificates_v1.h>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::certificates {

namespace v1 = certificates_v1;

inline constexpr const char* kSchemaFile = "kinds/certificates_v1.capnp";
// What stands for a value that is not for a message.
inline constexpr const char* kOmitted = "\"<value omitted>\"";

void addTrustBundles(KindTable& table);
void addPodRequests(KindTable& table);

// The rules for a pod's certificate: what is asked for, and what came of it.
void checkPodRequest(v1::PodCertificateRequestSpec::Reader spec, const Path& path, Findings& findings);
void checkPodStatus(const Change<v1::PodCertificateRequest>& change, WallTime now, Findings& findings);

// The texts of a signing request: what it asks for, and what was issued, which is not taken back.
void checkRequestContent(std::string_view text, const Path& path, Findings& findings);
void checkCertificateChange(const Change<v1::CertificateSigningRequest>& change, Findings& findings);

// A wrong value that the message does not show at all.
void invalidUnseen(const Path& path, std::string_view detail, Findings& findings);

}  // namespace cleat::kinds::certificates
