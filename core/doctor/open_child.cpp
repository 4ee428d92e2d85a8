// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/open_child.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "fmt/format.h"

namespace tonearm::doctor {
namespace {

constexpr std::size_t kMaxReport = 1u << 20;  // a library that writes into our pipe must not fill memory

/// Lines from child to parent: a letter, a space, text. o: about to open; e: refused; t: function=text; d: done.
void say(int fd, char kind, const std::string& text) {
  std::string line = fmt::format("{} {}", kind, text);
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  line += '\n';
  const char* at = line.data();
  std::size_t left = line.size();
  while (left > 0) {
    const ssize_t put = ::write(fd, at, left);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;
    at += put;
    left -= static_cast<std::size_t>(put);
  }
}

[[noreturn]] void run_child(const OpenRequest& request, int fd) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const struct rlimit no_core { 0, 0 };
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (const int null = ::open("/dev/null", O_RDWR); null >= 0) {
    for (int standard = 0; standard <= 2; ++standard) ::dup2(null, standard);
  }
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGABRT, SIGFPE, SIGTERM}) ::signal(signal, SIG_DFL);

  std::vector<void*> handles;
  for (const auto& path : request.paths) {
    say(fd, 'o', path);
    void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      const char* text = ::dlerror();
      // Some libraries lack a NEEDED entry and open only behind their dependents (Debian's libtheoraenc).
      if (std::find(request.roots.begin(), request.roots.end(), path) == request.roots.end()) continue;
      say(fd, 'e', text == nullptr ? "no reason given" : text);
      ::_exit(0);
    }
    handles.push_back(handle);
  }
  for (const auto& name : request.functions) {
    for (void* handle : handles) {
      void* address = ::dlsym(handle, name.c_str());
      if (address == nullptr) continue;
      const char* text = reinterpret_cast<const char* (*)()>(address)();
      if (text != nullptr) say(fd, 't', fmt::format("{}={}", name, text));
      break;
    }
  }
  if (request.probe) {
    for (const auto& [key, value] : request.probe(handles)) say(fd, 't', fmt::format("{}={}", key, value));
  }
  say(fd, 'd', "");
  ::_exit(0);  // no destructors: what they would do is not asked
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

/// Reads until the child closes its end or time is up. False when time is up.
bool collect(int fd, std::chrono::milliseconds deadline, std::string* text) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    struct pollfd wait {
      fd, POLLIN, 0
    };
    const int ready = ::poll(&wait, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return false;
    char buffer[4096];
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    if (text->size() < kMaxReport) text->append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace

OpenOutcome open_in_child(const OpenRequest& request) {
  OpenOutcome outcome;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    outcome.detail = std::strerror(errno);
    return outcome;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    run_child(request, ends[1]);
  }
  ::close(ends[1]);
  if (child < 0) {
    outcome.detail = std::strerror(errno);
    ::close(ends[0]);
    return outcome;
  }
  std::string report;
  const bool in_time = collect(ends[0], request.deadline, &report);
  if (!in_time) ::kill(child, SIGKILL);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }

  bool done = false;
  std::string refused;
  for (std::size_t at = 0; at < report.size();) {
    const auto end = std::min(report.find('\n', at), report.size());
    const std::string line = report.substr(at, end - at);
    at = end + 1;
    if (line.size() < 2) continue;
    const std::string text = line.substr(2);
    if (line[0] == 'o') outcome.at = text;
    if (line[0] == 'e') refused = text;
    if (line[0] == 'd') done = true;
    if (const auto equals = text.find('='); line[0] == 't' && equals != std::string::npos) {
      outcome.texts[text.substr(0, equals)] = text.substr(equals + 1);
    }
  }
  if (!in_time) {
    outcome.fate = OpenOutcome::Fate::kHung;
  } else if (WIFSIGNALED(status)) {
    outcome.fate = OpenOutcome::Fate::kCrashed;
    outcome.detail = signal_name(WTERMSIG(status));
  } else if (done) {
    outcome.fate = OpenOutcome::Fate::kOpened;
  } else if (!refused.empty()) {
    outcome.fate = OpenOutcome::Fate::kRefused;
    outcome.detail = refused;
  } else {
    outcome.fate = OpenOutcome::Fate::kExited;
    outcome.detail = fmt::format("exit status {}", WEXITSTATUS(status));
  }
  return outcome;
}

Finding outcome_finding(const OpenOutcome& outcome, std::chrono::milliseconds deadline) {
  Finding finding;
  finding.subject = outcome.at;
  finding.needed = "a library that can be opened";
  finding.next = restore_advice(outcome.at);
  switch (outcome.fate) {
    case OpenOutcome::Fate::kCrashed:
      finding.code = "crashes-on-load";
      finding.found = fmt::format("its constructor ended the process: {}", outcome.detail);
      break;
    case OpenOutcome::Fate::kExited:
      finding.code = "exits-on-load";
      finding.found = fmt::format("its constructor left the process: {}", outcome.detail);
      break;
    case OpenOutcome::Fate::kHung:
      finding.code = "hangs-on-load";
      finding.found = fmt::format("its constructor was still running after {} ms", deadline.count());
      break;
    case OpenOutcome::Fate::kRefused:
    case OpenOutcome::Fate::kNoChild:
    case OpenOutcome::Fate::kOpened:
      finding.code = "open-refused";
      finding.found = fmt::format("the loader says: {}", outcome.detail);
      finding.evidence = "every check of the file and of what it needs had passed";
      break;
  }
  return finding;
}

}  // namespace tonearm::doctor
