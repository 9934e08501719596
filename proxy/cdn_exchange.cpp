// SPDX-License-Identifier: Apache-2.0
#include "proxy/cdn_exchange.h"

#include <utility>

#include "http/date.h"
#include "http/range.h"
#include "hub/signed_url.h"
#include "proxy/file_exchange.h"
#include "proxy/relay_exchange.h"

namespace weir::proxy {
namespace {

FileRequest file_request(ClientRequest request, const hub::BlobId& blob, hub::SharedGrant grant) {
  FileRequest file;
  file.digest = blob.digest;
  file.size = blob.size;
  file.source = request.url();
  file.head_only = request.head.method == "HEAD";
  file.request = std::move(request.head.fields);
  file.answer = {{"Content-Type", "application/octet-stream"},
                 {"Accept-Ranges", "bytes"},
                 {"ETag", '"' + blob.digest.hex() + '"'}};
  file.grant = std::move(grant);
  return file;
}

void add_dates(const http::Fields& from, http::Fields& to) {
  for (auto name : {"Last-Modified", "Date"})
    if (auto* value = from.find(name)) to.add(name, *value);
}

// Reads the CDN's verdict on a URL from its answer to a request for the first byte.
class ProbeFilter : public AnswerFilter {
 public:
  ProbeFilter(WorkerContext& context, Responder& responder, ClientRequest request, hub::BlobId blob,
              hub::SharedGrant grant)
      : context_(context), responder_(responder), request_(std::move(request)), blob_(blob), grant_(std::move(grant)) {}

  std::unique_ptr<Exchange> on_head(http::ResponseHead& head, std::optional<uint64_t>&) override {
    bool accepted = head.status == 200 || head.status == 206 || (head.status == 416 && blob_.size == 0);
    if (!accepted) return nullptr;
    // What was learnt may be another client's word; of what is held, or what the hub gave, the size is certain.
    auto part = http::parse_content_range(head.fields.get("Content-Range"));
    bool certain = grant_ || context_.services.store.size_of(blob_.digest);
    bool contradicts = part && part->size != blob_.size;
    if (contradicts && !certain) blob_.size = part->size;
    auto file = file_request(std::move(request_), blob_, std::move(grant_));
    // The date in an answer with a wrong size is not this file's either.
    if (!(contradicts && certain)) add_dates(head.fields, file.answer);
    return std::make_unique<FileExchange>(context_, responder_, std::move(file));
  }

  // The hub gave this very URL, so the date is all that is missing.
  bool has_memory() override { return grant_ && context_.services.store.size_of(blob_.digest); }
  std::unique_ptr<Exchange> answer_without_hub() override {
    return std::make_unique<FileExchange>(context_, responder_,
                                          file_request(std::move(request_), blob_, std::move(grant_)));
  }

 private:
  WorkerContext& context_;
  Responder& responder_;
  ClientRequest request_;
  hub::BlobId blob_;
  hub::SharedGrant grant_;
};

// Whether the answer depends on the file's date, which the CDN alone knows (RFC 9110, sections 13.1.3 to 13.1.5).
bool asks_for_date(const http::Fields& request) {
  if (request.has("If-Modified-Since") && !request.has("If-None-Match")) return true;
  if (request.has("If-Unmodified-Since") && !request.has("If-Match")) return true;
  return request.has("Range") && http::parse_date(request.get("If-Range"));
}

}  // namespace

std::unique_ptr<Exchange> make_cdn_exchange(WorkerContext& context, Responder& responder, ClientRequest request) {
  auto& services = context.services;
  auto blob = services.catalog.find_object(hub::object_name(request.host, request.head.target));
  if (!blob)
    return std::make_unique<RelayExchange>(context, responder, make_origin_request(request, services.pseudonym));
  auto held = services.store.size_of(blob->digest);
  blob->size = held.value_or(blob->size);
  auto issued = services.issued.find(request.url(), wall_now());
  hub::SharedGrant grant;
  if (issued && issued->digest == blob->digest) {
    // The size that the hub said with this URL: what was learnt of its path may have come from another client's words.
    blob->size = held.value_or(issued->size);
    grant = issued->grant;
    if (!asks_for_date(request.head.fields))
      return std::make_unique<FileExchange>(context, responder, file_request(std::move(request), *blob, grant));
  }
  auto probe =
      make_range_request(request.url(), "bytes=0-0", request.head.fields.get("User-Agent"), services.pseudonym);
  auto filter = std::make_unique<ProbeFilter>(context, responder, std::move(request), *blob, std::move(grant));
  return std::make_unique<RelayExchange>(context, responder, std::move(probe), std::move(filter), Persistence::patient);
}

}  // namespace weir::proxy
