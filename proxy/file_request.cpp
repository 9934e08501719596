// SPDX-License-Identifier: Apache-2.0
#include "proxy/file_request.h"

#include <string>

#include "base/log.h"
#include "http/cache_status.h"
#include "http/via.h"

namespace weir::proxy {
namespace {

http::CacheOutcome cache_outcome(Outcome outcome) {
  switch (outcome) {
    case Outcome::hit:
      return http::CacheOutcome::hit;
    case Outcome::collapsed:
      return http::CacheOutcome::collapsed;
    case Outcome::miss:
      return http::CacheOutcome::miss;
    default:
      return http::CacheOutcome::pass;
  }
}

}  // namespace

std::string_view detail_of(Basis basis) {
  switch (basis) {
    case Basis::memory:
      return "remembered";
    case Basis::offline:
      return "offline";
    case Basis::hub:
      break;
  }
  return "";
}

http::ResponseHead file_head(const Services& services, const FileRequest& file, int status, Outcome outcome) {
  http::ResponseHead head;
  head.status = status;
  head.reason = http::reason_of(status);
  head.fields = file.answer;
  head.fields.remove("Content-Length");
  head.fields.set("Cache-Status", http::cache_status("Weir", cache_outcome(outcome), detail_of(file.basis)));
  http::add_via(head.fields, 1, services.pseudonym);
  return head;
}

std::shared_ptr<const cas::Blob> open_held(Services& services, const Sha256& digest) {
  auto blob = services.store.open_blob(digest);
  if (!blob) log::error("{}", blob.error().message);
  return blob && *blob ? **blob : nullptr;
}

upstream::JoinRequest join_request(const FileRequest& file, upstream::Want want) {
  upstream::JoinRequest request;
  request.digest = file.digest;
  request.size = file.size;
  request.want = want;
  request.source = *file.source;
  request.grant = file.grant;
  return request;
}

upstream::FetchFailure wrong_size(const FileRequest& file, uint64_t size) {
  return {502, "The hub says that this file has " + std::to_string(file.size) +
                   " bytes, but the one with its sha256 has " + std::to_string(size) + "."};
}

upstream::FetchFailure not_held() {
  return {502, "The stored copy of this file could not be read; ask again to fetch it anew."};
}

}  // namespace weir::proxy
