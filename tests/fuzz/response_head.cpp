// SPDX-License-Identifier: Apache-2.0
// Heads of answers: what is accepted is plain to any reader, and means the same when it is written again.  Whatever is
// read from them besides comes along: conditions, ranges, dates, the hub's redirects.
#include "http/conditional.h"
#include "http/head.h"
#include "http/range.h"
#include "hub/resolve_answer.h"
#include "hub/resolve_head.h"
#include "tests/fuzz/heads.h"
#include "tests/fuzz/target.h"
#include "upstream/blob_answer.h"

namespace {

using namespace weir;
using fuzz::require;

void check_framing(const http::ResponseHead& response, const fuzz::PlainHead& plain) {
  auto to_get = http::response_framing(response, "GET");
  auto to_head = http::response_framing(response, "HEAD");
  if (to_get) fuzz::require_clear_framing(plain, response.minor_version);
  if (to_head) require(to_head->kind == http::BodyKind::none, "the answer to a HEAD has no body");
  if (to_get && to_get->kind == http::BodyKind::length)
    require(plain.count("content-length") == 1, "a length was told");
}

void check_redirect(const http::ResponseHead& response) {
  const http::Url asked{"https", "huggingface.co", 443, "/a/b/resolve/main/c", false};
  auto answer = hub::judge_resolve_answer(response, asked, [](auto host) { return host.ends_with("hf.co"); });
  if (!answer.file) return;
  require(response.status / 100 == 3, "only a redirect permits a file");
  require(answer.file->location.scheme == "https" && answer.file->location.host.ends_with("hf.co"),
          "the bytes are at an intercepted host, over https");
  require(response.fields.get("X-Linked-ETag").find(answer.file->digest.hex()) != std::string_view::npos ||
              !response.fields.get("X-Linked-ETag").empty(),
          "the digest was told");
  auto fields = hub::file_fields(response.fields, answer.file->digest);
  require(fields.count("ETag") == 1 && !fields.has("Location") && !fields.has("X-Xet-Hash"),
          "Weir's own answer has its own ETag and does not lead away");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto input = fuzz::text_of(data, size);
  auto end = http::find_head_end(input);
  if (!end) {
    require(!http::parse_response(input), "an unfinished head is no answer");
    return 0;
  }
  auto head = input.substr(0, *end);
  auto response = http::parse_response(head);
  if (!response) {
    require(response.error().status == 502, "a bad answer is the origin's fault");
    return 0;
  }
  require(response->status >= 100 && response->status <= 599, "a status is 100 to 599");
  auto plain = fuzz::read_plainly(head);
  require(plain.fields.size() == response->fields.size(), "no field is lost or invented");
  auto again = http::parse_response(http::serialize(*response));
  require(again && again->fields == response->fields && again->status == response->status,
          "an answer survives being written and read again");
  check_framing(*response, plain);
  check_redirect(*response);
  http::validators_of(response->fields);
  http::judge_preconditions(response->fields, http::validators_of(response->fields));
  upstream::judge_blob_answer(*response, {0, 1000, std::nullopt});
  return 0;
}
