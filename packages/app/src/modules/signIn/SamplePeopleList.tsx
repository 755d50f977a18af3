import { Avatar, Box, Button, Card, CardBody, Flex, Text } from '@backstage/ui';
import { SamplePerson } from './readSamplePeople';
import { SignInFrame } from './SignInFrame';

/** One button a person, with what one can try as this person. */
export function SamplePeopleList(props: {
  title: string;
  people: SamplePerson[];
  onChoose: (person: SamplePerson) => void;
}) {
  const { title, people, onChoose } = props;
  return (
    <SignInFrame title={title}>
      <Text as="p">
        Choose who you want to be. These are people of a sample organisation,
        each with rights of their own; sign out to come back here.
      </Text>
      <Flex direction="column" gap="2">
        {people.map(person => (
          <Card key={person.entityRef}>
            <CardBody>
              <Flex align="center" gap="3">
                <Avatar name={person.name} src="" purpose="decoration" />
                <Box style={{ flex: 1 }}>
                  <Text as="div" weight="bold">
                    {person.name}
                  </Text>
                  <Text as="div" color="secondary">
                    {person.role}
                  </Text>
                </Box>
                <Button variant="secondary" onPress={() => onChoose(person)}>
                  {`Sign in as ${person.name}`}
                </Button>
              </Flex>
            </CardBody>
          </Card>
        ))}
      </Flex>
    </SignInFrame>
  );
}
