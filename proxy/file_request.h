// SPDX-License-Identifier: Apache-2.0
// A permitted file, how a client asked for it, and the heads of the answers to that.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/digest.h"
#include "cas/blob.h"
#include "http/head.h"
#include "http/target.h"
#include "hub/grant.h"
#include "proxy/record.h"
#include "proxy/services.h"
#include "upstream/fetch_join.h"

namespace weir::proxy {

// On what ground a client is answered.
enum class Basis {
  hub,      // the hub permitted this very request
  memory,   // it permitted another one, a short while ago
  offline,  // it cannot be asked
};

struct FileRequest {
  Sha256 digest;
  uint64_t size = 0;
  http::Fields answer;   // of the answer's head, ETag included; Content-Length and Content-Range are added
  http::Fields request;  // the client's: Range, If-Range and the other conditions, User-Agent
  bool head_only = false;
  // Where the bytes are; nothing when the file must be held.
  std::optional<http::Url> source;
  hub::SharedGrant grant;
  std::shared_ptr<const cas::Blob> held;  // the file, where it was opened already
  Basis basis = Basis::hub;
};

// What a client's request may say of a range and of the state of a file.
inline constexpr std::array<std::string_view, 6> kJudgedByWeir = {
    "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"};

// For Cache-Status.
std::string_view detail_of(Basis basis);

// The head of an answer with the file's own fields: the caller adds what describes the body.
http::ResponseHead file_head(const Services& services, const FileRequest& file, int status, Outcome outcome);

// The blob that the store has; else null.
std::shared_ptr<const cas::Blob> open_held(Services& services, const Sha256& digest);

// For a file that has a source.
upstream::JoinRequest join_request(const FileRequest& file, upstream::Want want);

// A client that got as much as the hub says would take a part for the whole.
upstream::FetchFailure wrong_size(const FileRequest& file, uint64_t size);
// The file had to be held, and is not.
upstream::FetchFailure not_held();

}  // namespace weir::proxy
