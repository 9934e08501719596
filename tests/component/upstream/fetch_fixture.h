// SPDX-License-Identifier: Apache-2.0
// What the tests of fetches share: a TLS server that is hub and CDN at once and does with each request what the test
// says, a store, a FetchTable, and clients that write down what they are told.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/fakes/tls_server.h"
#include "tests/unit/base/temporary_folder.h"
#include "upstream/fetch_table.h"

namespace weir::upstream {

// Closed until somebody opens it; server threads wait at it.
class Gate {
 public:
  void open();
  void wait();
  // A server thread has come to it.
  bool reached() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  bool reached_ = false;
};

// What the server does with one request, given its head.  False: no further request on this connection.
using Reply = std::function<bool(fakes::TlsConnection& connection, const std::string& head)>;

// Serves `bytes` as a CDN does: whole, or from the start of the Range on.
Reply file(const std::string& bytes);
// The same, but the connection is cut behind so many bytes of the body.
Reply cut_file(const std::string& bytes, size_t after);
// The same, but the body's rest from `from` on waits for the gate.
Reply gated_file(const std::string& bytes, size_t from, const std::shared_ptr<Gate>& gate);
// The first byte of it, and nothing more; `left` is set when the client goes.
Reply stuck_file(const std::string& bytes, const std::shared_ptr<std::atomic<bool>>& left);
// This answer, whatever was asked.
Reply text(const std::string& answer);
Reply status(int status, const std::string& fields = "");

// A client of the fetches.
struct FetchClient : FetchListener {
  void on_joined(std::shared_ptr<const FetchProgress> its_progress, bool it_started) override;
  void on_progress() override;

  bool ended() const { return progress && progress->state() != FetchState::running; }
  bool verified() const { return progress && progress->state() == FetchState::verified; }
  bool failed() const { return progress && progress->state() == FetchState::failed; }
  // The bytes that may be read, from the start on.
  uint64_t held() const { return progress ? progress->readable_from(0) : 0; }
  std::string readable() const { return bytes_of({0, held()}); }
  // Bytes that may be read, wherever they are.
  std::string bytes_of(ByteRange range) const;

  std::shared_ptr<const FetchProgress> progress;
  bool started = false;
  std::unique_ptr<FetchMembership> membership;
};

class FetchFixture : public testing::Test {
 protected:
  FetchFixture();
  void TearDown() override;

  // The next request to the CDN gets `reply`; further ones those that were added later, at last that of cdn_always().
  void cdn(Reply reply) { add(cdn_replies_, std::move(reply)); }
  void cdn_always(Reply reply);
  void hub(Reply reply) { add(hub_replies_, std::move(reply)); }
  // What another host answers, always.
  void host_always(const std::string& host, Reply reply);
  // Heads (and LFS bodies) of what was asked so far.
  std::vector<std::string> cdn_requests() const { return copy(cdn_requests_); }
  std::vector<std::string> hub_requests() const { return copy(hub_requests_); }
  std::vector<std::string> requests_to(const std::string& host) const;

  // Made at the first use, with `setup_` as it is then.
  FetchTable& table();
  // A gate that opens at the end of the test at the latest.
  std::shared_ptr<Gate> gate();
  // Nothing is written or read from here on until the gate opens.
  std::shared_ptr<Gate> hold_disk();
  // Ends the table, as the end of the program does, and forgets it: the next use makes a new one.
  void end_table();

  // For the whole file, or for a part of it.
  static JoinRequest request_for(const std::string& bytes);
  static JoinRequest request_for(const std::string& bytes, ByteRange part);
  std::unique_ptr<FetchClient> join(JoinRequest request);
  std::unique_ptr<FetchClient> join(const std::string& bytes) { return join(request_for(bytes)); }
  // Joins and waits for the end.
  std::unique_ptr<FetchClient> fetch(JoinRequest request);
  std::unique_ptr<FetchClient> fetch(const std::string& bytes) { return fetch(request_for(bytes)); }
  testing::AssertionResult wait_until(const std::function<bool()>& met);

  // Leaves so many bytes as a former run would.
  void hold_part(const std::string& bytes, size_t held);
  // How many bytes of it a partial blob holds; once no fetch of it runs any more.
  uint64_t held_part(const std::string& bytes);
  bool is_stored(const std::string& bytes);

  TemporaryFolder folder_;
  fakes::TestCa ca_;
  std::unique_ptr<cas::BlobStore> store_;  // outlives what is left on the loop
  Loop loop_;
  FetchSetup setup_;

 private:
  using Replies = std::deque<Reply>;
  void serve(fakes::TlsConnection& connection);
  Reply next_reply(const std::string& head);
  void add(Replies& replies, Reply reply);
  std::vector<std::string> copy(const std::vector<std::string>& requests) const;

  mutable std::mutex mutex_;
  Replies cdn_replies_;  // guarded by mutex_, like all that follow
  Reply cdn_always_ = status(500);
  Replies hub_replies_;
  std::map<std::string, Reply> host_replies_;
  std::map<std::string, std::vector<std::string>> host_requests_;
  std::vector<std::string> cdn_requests_;
  std::vector<std::string> hub_requests_;

  std::vector<std::shared_ptr<Gate>> gates_;
  std::unique_ptr<fakes::TlsServer> server_;
  AddressPolicy policy_{{}, Endpoint{}};
  std::unique_ptr<DiskPool> pool_;
  std::unique_ptr<FetchTable> table_;
};

// So many bytes; those of another seed differ.
std::string some_bytes(size_t count, uint32_t seed = 1);
// The value of a header field in a head, or "".
std::string field_of(const std::string& head, const std::string& name);

}  // namespace weir::upstream
