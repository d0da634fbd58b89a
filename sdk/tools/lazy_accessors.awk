# Makes the accessors of a generated schema's builders templates, so that a source compiles those that it calls. As they come
# they are inline functions, and g++ instantiates what each of them uses in every source that includes the header: some
# thousand functions for core/v1, a tenth of the time of a usual source. They are called as before.

/^class .*::Builder \{/ { inside = 1 }
/^};/ { inside = 0 }
inside && /^  inline .*[ :](get|set|init|adopt|disown)[A-Z][A-Za-z0-9_]*\(/ { sub(/^  inline/, "  template <int = 0> inline") }
/^inline .*::Builder::(get|set|init|adopt|disown)[A-Z][A-Za-z0-9_]*\(/ { sub(/^inline/, "template <int> inline") }
{ print }
