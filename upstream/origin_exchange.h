// SPDX-License-Identifier: Apache-2.0
// One request to the origin and its answer: the meeting place of libcurl's callbacks and an OriginObserver.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "upstream/certificate_verdict.h"
#include "upstream/close_notify.h"
#include "upstream/curl_fault.h"
#include "upstream/curl_multi.h"
#include "upstream/head_reader.h"
#include "upstream/origin_client.h"
#include "upstream/origin_handle.h"
#include "upstream/socket_gate.h"
#include "upstream/trusted_roots.h"

namespace weir::upstream {

// What all exchanges of one client share.  Outlives them while they run.
struct OriginSetup {
  Loop& loop;
  const OriginOptions options;
  const AddressPolicy& policy;
  TrustedRoots roots;
  CurlList connect_to;
  CurlList parent_fields;
};

class OriginExchange final : public CurlJob {
 public:
  OriginExchange(const OriginSetup& setup, CurlMulti& multi, OriginRequest request, OriginObserver& observer);

  // Starts, or says soon why not.
  void begin();
  void resume_reading();
  void resume_body();

 private:
  // What the exchange waits for from the origin, and so which time-out runs.
  enum class Awaited {
    nothing,  // it is connecting (libcurl's own time-out), or the observer holds it back
    upload,   // the origin takes the request's body
    head,     // the answer's head
    body,     // the answer's body
  };

  static size_t on_header(char* bytes, size_t size, size_t count, void* self);
  static size_t on_body(char* bytes, size_t size, size_t count, void* self);
  static size_t on_upload(char* buffer, size_t size, size_t count, void* self);
  static int on_connected(void* self, char* peer, char* local, int peer_port, int local_port);

  template <typename Step>
  size_t or_abort(size_t abort, Step step);
  void configure(const OriginSetup& setup);
  void go_through_parent(const OriginSetup& setup);
  bool take_header_line(std::string_view line);
  size_t take_body(std::string_view bytes);
  size_t fill_upload(std::span<char> buffer);

  void finished(CURLcode code) override;
  void abandon() override;
  void continue_soon();
  void report(std::optional<OriginFault> fault);
  OriginFault fault_of(CURLcode code);
  std::optional<OriginFault> hidden_fault() const;

  Phase phase() const;
  Awaited awaited() const;
  void watch();
  void on_overdue();

  OriginRequest request_;
  OriginObserver* observer_;  // null after the end
  std::string authority_;
  CurlList lines_;
  const ParentProxy* parent_;  // of the setup's options; null: directly
  SocketGate gate_;
  CertificateVerdict verdict_;
  HeadReader head_;
  CloseNotify close_notify_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  std::optional<OriginFault> fault_;  // found here, not by libcurl

  Duration head_timeout_;
  Duration stall_timeout_;
  bool connected_ = false;
  bool reading_paused_ = false;
  bool reads_ahead_ = false;  // the body, in TLS
  bool sending_paused_ = false;
  bool sent_;           // the request's body has ended
  uint64_t to_send_;    // bytes of the request's body that are left, for RequestBody::length
  uint64_t unstalled_;  // bytes of the answer since the stall time-out was last started
  Timer soon_;          // begins or resumes outside the owner's call
  Timer overdue_;
};

}  // namespace weir::upstream
