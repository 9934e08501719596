// SPDX-License-Identifier: Apache-2.0
// The batch API of git-lfs: a client names objects by sha256 and size, the hub answers with a URL for each.  Pure.
// https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "http/fields.h"
#include "http/target.h"

namespace weir::hub {

// Bodies above these are not read: they pass through.  git-lfs asks for 100 objects at a time.
inline constexpr size_t kMaxBatchRequest = 4 << 20;
inline constexpr size_t kMaxBatchAnswer = 16 << 20;

enum class BatchOperation { download, upload };

struct BatchObject {
  Sha256 oid;
  uint64_t size = 0;

  bool operator==(const BatchObject&) const = default;
};

struct BatchRequest {
  BatchOperation operation = BatchOperation::download;
  std::vector<BatchObject> objects;

  bool operator==(const BatchRequest&) const = default;
};

// Where one object can be downloaded.
struct BatchDownload {
  BatchObject object;
  http::Url href;
  http::Fields header;  // to be sent to href, and to no other host; may hold credentials
  std::optional<WallTime> expires;

  bool operator==(const BatchDownload&) const = default;
};

// Error invalid: too large, no JSON, another hash than sha256, or an object without oid and size.
Result<BatchRequest> parse_batch_request(std::string_view body);

// The body with "xet" taken out of the `transfers` of a download; "basic" stands there when nothing else would.
// Whatever is not a download that offers it comes back as it is.
std::string without_xet_transfer(std::string_view body);

// A batch request for one object, for the fetch that needs a fresh URL.
std::string make_batch_request(const BatchObject& object);

// The downloads that the hub offers; objects with an error or another action are left out, and so is an href that is no
// plain https URL.  `now` is when the answer came: expires_in counts from it.  Error invalid: too large, or no batch
// answer.
Result<std::vector<BatchDownload>> parse_batch_answer(std::string_view body, WallTime now);

// The answer with what `rename` returns in the place of each action's href.  It comes back as it is when nothing is
// renamed or when it is no batch answer.
std::string with_renamed_hrefs(std::string_view body,
                               const std::function<std::optional<std::string>(std::string_view href)>& rename);

}  // namespace weir::hub
