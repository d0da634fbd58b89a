// The parts of Asio, its TLS and Beast that need not be compiled into every source that uses them.

// Beast 1.81 asserts that a last chunk which came in pieces has five bytes when it looks again, where it may have four;
// its sender decides that. The parser goes on rightly without its assertions, and only it is compiled without them.
#define BOOST_BEAST_SOURCE
#define BOOST_DISABLE_ASSERTS
#include <boost/assert.hpp>
#include <boost/beast/http/impl/basic_parser.ipp>
#undef BOOST_DISABLE_ASSERTS
#include <boost/assert.hpp>

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
