// The forms of names and keys that Kubernetes knows. Each function returns what is wrong with a value, in Kubernetes'
// words and ready for Findings::invalidEach; nothing when it is right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::kinds {

using Wrongs = std::vector<std::string>;

Wrongs wrongDns1123Label(std::string_view value);
Wrongs wrongDns1123Subdomain(std::string_view value);
// "*.example.com".
Wrongs wrongSearchDomain(std::string_view value);  // a subdomain in which '_' may be
Wrongs wrongWildcardSubdomain(std::string_view value);
// The same, in which letters of both cases count.
Wrongs wrongDns1123SubdomainCaseless(std::string_view value);
Wrongs wrongDns1035Label(std::string_view value);
// "example.com/name" or "name": keys of labels, annotations, taints, finalizers, resources.
Wrongs wrongQualifiedName(std::string_view value);
Wrongs wrongLabelValue(std::string_view value);
// A name of an object that is one segment of a path: roles, bindings.
Wrongs wrongPathSegment(std::string_view value);
// IANA service names: a port's name.
Wrongs wrongPortName(std::string_view value);
// A name as in C; its length is not looked at.
Wrongs wrongCIdentifier(std::string_view value);
Wrongs wrongConditionReason(std::string_view value);
Wrongs wrongEnvName(std::string_view value);
Wrongs wrongConfigMapKey(std::string_view value);
Wrongs wrongHttpHeaderName(std::string_view value);
Wrongs wrongPercent(std::string_view value);
Wrongs wrongPortNumber(int64_t port);
// User and group ids: 0 … 2^31-1.
Wrongs wrongId(int64_t id);

// What the part behind the slash of a path below a domain ("example.com/controller") has to be.
Wrongs wrongHttpPath(std::string_view value);

std::string rangeError(int64_t low, int64_t high);  // must be between 1 and 65535, inclusive
std::string lengthError(size_t maxBytes);           // must be no more than 63 bytes
std::string charactersError(size_t most);           // must be no more than 63 characters

bool isDns1123Label(std::string_view value);
bool isDns1123Subdomain(std::string_view value);

inline constexpr size_t kLabelMaxLength = 63;
inline constexpr size_t kSubdomainMaxLength = 253;

// ASCII letters in lower case.
std::string lowerCase(std::string_view text);

}  // namespace cleat::kinds
