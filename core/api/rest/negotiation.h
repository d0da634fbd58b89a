// Negotiation: which form of an answer a client's Accept header asks for, and what its Content-Type says a body is.
#pragma once

#include <cleat/sdk/status.h>

#include <string_view>

namespace cleat::api {

// How the bytes look.
enum class Media { json, yaml, protobuf };

// What is shown of an object.
enum class View {
  object,
  table,            // as=Table: rows for people
  partialMetadata,  // as=PartialObjectMetadata or PartialObjectMetadataList: metadata only
};

// The version of tables and of bare metadata; the older one looks the same.
inline constexpr std::string_view kMetaVersion = "meta.k8s.io/v1", kOldMetaVersion = "meta.k8s.io/v1beta1";

struct Accepted {
  Media media = Media::json;
  View view = View::object;
  std::string_view metaVersion = kMetaVersion;  // of the view
  bool ofList = false;                          // of bare metadata: what was asked for is a PartialObjectMetadataList
};

// Which views there are of what is asked for: all, or none where nothing is stored that has metadata and rows.
enum class Views { all, objectOnly };

// What a path answers with.
struct Offer {
  Views views = Views::all;
  bool protobuf = true;  // open kinds have none but of their metadata
  bool stream = false;   // it may be watched
};

// The first of what the client likes best that there is; 406 when there is nothing, in the words of whoever finds that
// in Kubernetes. No header: plain JSON. Tables exist in JSON and YAML only.
Result<Accepted> negotiate(std::string_view accept, const Offer& offer = {});
// 406 unless the client takes JSON, which is all there is.
Result<void> takesJson(std::string_view accept);

// Whether the header asks for the media type with these parameters
// ("g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"), in a form not less wanted than plain JSON.
bool prefersDiscovery(std::string_view accept, std::string_view version);

// What a request's body is. Absent: JSON. 415 otherwise, with the types that would do.
Result<Media> bodyMedia(std::string_view contentType, bool protobuf = true);

enum class PatchMedia { json, merge, strategic, apply };
// `strategic`: whether the kind's schema says how lists are merged by such a patch; of open ones none does.
Result<PatchMedia> patchMedia(std::string_view contentType, bool strategic = true);

std::string_view contentTypeOf(Media media);

}  // namespace cleat::api
